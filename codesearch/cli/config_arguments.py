"""What is typed behind `config` and `models`: arguments, and help with examples. Knows nothing of settings."""

import argparse

CONFIG_ACTIONS = ("get", "set", "unset", "path")

CONFIG_EXAMPLES = """\
The user's file holds for every repository; .codesearch.toml in the root of one stands above it,
for what a repository may set. docs/configuration.md explains each key.

examples:
  codesearch config get               every value here, and the file that sets it
  codesearch config set encoder qwen3-4b
  codesearch config set encoders.gpu.url http://127.0.0.1:8080/v1
  codesearch config unset encoders.gpu
  codesearch config path              where the user's file is

exit status: 0 done, 1 the key is not set, 2 error
"""

MODELS_EXAMPLES = """\
The default is marked with *: what a new index gets without --encoder. Encoders of the
configuration file come last.

examples:
  codesearch models
  codesearch index --encoder qwen3-0.6b
"""


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `config` takes."""
    actions = ", ".join(CONFIG_ACTIONS)
    parser.add_argument("action", choices=CONFIG_ACTIONS, metavar="ACTION", help=actions)
    parser.add_argument("key", nargs="?", metavar="KEY", help="such as encoder, or encoders.NAME.url")
    parser.add_argument("value", nargs="?", metavar="VALUE", help="what to set it to; several: leaf,file")
    parser.add_argument("--json", action="store_true", help="with get: print one JSON object")


def add_models_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `models` takes."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
