"""The command line: what was typed becomes validated options, options become calls of `Index`, results become text.

Knows how a query is written, but neither ranking nor storage. The front door costs argparse alone; each command is
imported when it runs.
"""
