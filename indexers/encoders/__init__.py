"""Encoders: from text to unit vectors. Each lives in its own module; `registry` knows them by name."""
