"""Keeps an index up to date while its files change: hints that something happened, and updates that find out what."""
