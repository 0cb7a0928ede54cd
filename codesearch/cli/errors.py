"""What can be wrong with what was typed, beyond what argparse sees."""


class UsageError(Exception):
    """The arguments make no sense together or name what is not there; the message says what to type instead."""
