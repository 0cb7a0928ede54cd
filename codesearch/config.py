"""The one room that reads the environment: where indexes and settings live, keys, how a terminal is to be written to.

Knows names of variables and nothing of indexes. An empty variable counts as not set.
"""

import os
from pathlib import Path

from codesearch.errors import ConfigError

HOME_VARIABLE = "CODESEARCH_HOME"
CONFIG_VARIABLE = "CODESEARCH_CONFIG"
DEBUG_VARIABLE = "CODESEARCH_DEBUG"


def expand(path: Path, origin: str) -> Path:
    """Return an absolute path with `~` and `~NAME` spelled out; raises ConfigError, `origin` first, where none is."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        message = f"{origin}: {path} begins with the home of a user who is not known here; write the path in full"
        raise ConfigError(message) from error


def home_folder(override: Path | None = None) -> Path:
    """Return the folder of all indexes: `override`, else `CODESEARCH_HOME`, else the platform's user data folder."""
    if override is not None:
        return expand(override, "the home")
    if named := os.environ.get(HOME_VARIABLE):
        return expand(Path(named), HOME_VARIABLE)
    from platformdirs import user_data_path

    return user_data_path("codesearch", appauthor=False)


def config_file() -> Path:
    """Return the user's configuration file, which need not exist: `CODESEARCH_CONFIG`, else the platform's place."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return expand(Path(named), CONFIG_VARIABLE)
    from platformdirs import user_config_path

    return user_config_path("codesearch", appauthor=False) / "config.toml"


def read_key(variable: str) -> str:
    """Return the key that a variable holds, empty where it is not set."""
    return os.environ.get(variable, "").strip() if variable else ""


def wants_color() -> bool:
    """Return whether the environment allows colour: no `NO_COLOR`, and a terminal that is not dumb."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_debugging() -> bool:
    """Return whether an unforeseen error should show its traceback."""
    return bool(os.environ.get(DEBUG_VARIABLE))


def editor() -> str | None:
    """Return the command of the user's editor, options included: `VISUAL`, else `EDITOR`."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or None
