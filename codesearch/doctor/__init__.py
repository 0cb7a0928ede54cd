"""What this machine has, which encoder is used here and why, and whether that encoder gives the vectors it should."""
