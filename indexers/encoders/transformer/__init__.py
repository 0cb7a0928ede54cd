"""Models of sentence-transformers in this process."""
