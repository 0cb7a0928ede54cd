"""The names of all settings: what may be set, by whom, and how a value is typed on a command line.

Knows neither files nor what a setting does. docs/configuration.md explains each.
"""

from collections.abc import Mapping
from typing import Literal

from codesearch.errors import ConfigError
from codesearch.settings.toml_table import hint_at

Form = Literal["text", "flag", "whole", "number", "list"]
"""How a value is written in TOML."""

USER_KEYS: Mapping[str, Form] = {
    "encoder": "text",
    "offline": "flag",
    "granularities": "list",
    "coarse_dim": "whole",
    "max_file_size": "text",
    "cache_size": "text",
}

REPOSITORY_KEYS = ("encoder", "granularities", "coarse_dim", "max_file_size")
"""What the searched repository may settle: nothing that names a place, a key or a command."""

ENCODERS = "encoders"
"""Tables of encoders that the user names: `[encoders.NAME]`."""

PROMPT_KEYS: Mapping[str, Form] = {
    "search_instruction": "text",
    "similar_instruction": "text",
    "search_prefix": "text",
    "similar_prefix": "text",
    "document_prefix": "text",
}

SERVER_KEYS: Mapping[str, Form] = {
    "url": "text",
    "key_variable": "text",
    "timeout_s": "number",
    "concurrency": "whole",
    "batch_size": "whole",
    "end_token": "text",
    "dimensions": "flag",
    "tokenizer": "text",
    "confirmed": "flag",
}

ENCODER_KEYS: Mapping[str, Form] = {
    "kind": "text",
    "model": "text",
    "dim": "whole",
    "max_tokens": "whole",
    **PROMPT_KEYS,
    **SERVER_KEYS,
}

SECRETS = frozenset({"key", "api_key", "apikey", "access_key", "token", "secret", "password", "authorization"})
"""What people call a key where they would write it into a file."""

KEYS_COME_FROM = "is never read from a file: put the key into the environment and name its variable in key_variable"

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

Value = str | bool | int | float | list[str]


def split_key(key: str) -> tuple[str, ...]:
    """Return the parts of a key, `encoders.NAME.url` as three; raises ConfigError for what is no setting."""
    parts = tuple(key.split("."))
    if parts[0] == ENCODERS and len(parts) in (2, 3) and all(parts):
        if len(parts) == 3 and parts[2] in SECRETS:
            raise ConfigError(f"{key} {KEYS_COME_FROM}")
        if len(parts) == 3 and parts[2] not in ENCODER_KEYS:
            raise ConfigError(f"{key} is no setting; {hint_at(parts[2], ENCODER_KEYS)}")
        return parts
    if key in SECRETS:
        raise ConfigError(f"{key} {KEYS_COME_FROM}")
    if key not in USER_KEYS:
        raise ConfigError(f"{key} is no setting; {hint_at(key, (*USER_KEYS, f'{ENCODERS}.NAME.KEY'))}")
    return parts


def parse_value(parts: tuple[str, ...], text: str) -> Value:
    """Return the value that was typed for a key in its TOML form; raises ConfigError where the form does not fit."""
    if len(parts) == 2:
        raise ConfigError(f"{'.'.join(parts)} is a table; name a key in it, such as {'.'.join(parts)}.url")
    form = USER_KEYS[parts[0]] if len(parts) == 1 else ENCODER_KEYS[parts[2]]
    key = ".".join(parts)
    try:
        return _parse(form, text)
    except (ValueError, KeyError):
        expected = {"flag": "true or false", "whole": "a whole number", "number": "a number"}[form]
        raise ConfigError(f"{key} must be {expected}, not {text!r}") from None


def _parse(form: Form, text: str) -> Value:
    match form:
        case "text":
            return text
        case "flag":
            return _FLAGS[text.strip().lower()]
        case "whole":
            return int(text)
        case "number":
            return float(text)
        case "list":
            return [word.strip() for word in text.split(",") if word.strip()]
