"""Which encoder an index has or gets, whether it may be used, and what is known of it here."""
