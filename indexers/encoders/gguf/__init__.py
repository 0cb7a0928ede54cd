"""GGUF files in this process, through llama.cpp."""
