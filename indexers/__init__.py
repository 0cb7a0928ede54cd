"""Turns a source tree into encoded chunks. Knows files, syntax and encoders; knows no index."""
