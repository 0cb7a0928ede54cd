"""How good the answers are on repositories that nothing was learnt from, and what each part of the ranking brings."""
