"""Trials by hardship: each does one kind of harm to real indexes, many times, and counts what did not hold."""
