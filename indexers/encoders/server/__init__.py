"""The encoder behind a server of the OpenAI embeddings interface."""
