"""The command line: what was typed becomes validated options, options become calls of `Index`, results become text.

Knows no search and no storage. Importing it costs argparse alone; each command imports what it needs when it runs.
"""
