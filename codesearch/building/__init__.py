"""The parts of a build: what is asked for, what has to be allowed, vectors after words, what it would cost."""
