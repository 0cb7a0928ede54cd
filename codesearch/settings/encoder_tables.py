"""Encoders that the user has given names of their own: a table `[encoders.NAME]` -> an `EncoderSpec`.

Knows what goes together in a table; reads no environment, looks at no model and asks no server.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from codesearch.settings.keys import ENCODER_KEYS, KEYS_COME_FROM, SECRETS, SERVER_KEYS
from codesearch.settings.toml_table import TomlTable
from indexers.encoders.addresses import is_plain_address
from indexers.encoders.cards import BY_NAME
from indexers.encoders.spec import (
    SEARCH_INSTRUCTION,
    SIMILAR_INSTRUCTION,
    EncoderSpec,
    EndToken,
    Prompts,
    ServerOptions,
    Source,
    qwen_prompts,
)

KINDS: tuple[Source, ...] = ("transformer", "gguf", "server")
END_TOKENS: tuple[EndToken, ...] = get_args(EndToken)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class NamedEncoder:
    """An encoder of the user's, and whether it may be sent any repository."""

    spec: EncoderSpec
    is_confirmed: bool


def read_encoder(name: str, table: TomlTable) -> NamedEncoder:
    """Return the encoder of a table; raises ConfigError that names what is wrong."""
    _check_name(name, table)
    kind = _read_kind(table)
    server = _read_server(table) if kind == "server" else None
    spec = EncoderSpec(
        name=name,
        source=kind,
        model=_read_model(table, kind),
        dim=table.count("dim"),
        max_tokens=table.count("max_tokens"),
        prompts=_read_prompts(table),
        server=server,
    )
    if server is not None and server.asks_dimensions and spec.dim is None:
        raise table.error("dimensions", "needs dim, the number to ask the server for; set both")
    return NamedEncoder(spec, table.flag("confirmed") or False)


def _check_name(name: str, table: TomlTable) -> None:
    if name in BY_NAME:
        raise table.error("", "is the name of a model that codesearch knows; choose another")
    if _NAME.fullmatch(name) is None:
        raise table.error("", "is no name for an encoder: use letters, digits, - and _")
    if secrets := sorted(SECRETS & set(table.values)):
        raise table.error(secrets[0], KEYS_COME_FROM)
    table.check_names(tuple(ENCODER_KEYS))


def _read_kind(table: TomlTable) -> Source:
    """Return the kind that is written down, else the one that the other keys speak of."""
    kind = table.choice("kind", KINDS)
    if kind is None:
        is_file = str(table.values.get("model", "")).lower().endswith(".gguf")
        kind = "server" if "url" in table.values else "gguf" if is_file else "transformer"
    if kind != "server" and (alien := [key for key in SERVER_KEYS if key in table.values]):
        raise table.error(alien[0], f"belongs to a server; the kind here is {kind}")
    return kind


def _read_model(table: TomlTable, kind: Source) -> str:
    model = table.text("model")
    if kind == "server":
        return model or ""
    if model is None:
        expected = "the path of a .gguf file" if kind == "gguf" else "a folder, or OWNER/NAME of a model hub"
        raise table.error("model", f"is missing; set it to {expected}")
    if kind == "gguf" or model.startswith((".", "~", "/")) or Path(model).is_absolute():
        return str(_read_path(table, "model", model))
    if card := BY_NAME.get(model):
        return card.model
    if model.count("/") != 1 or not all(model.split("/")):
        raise table.refusal("model", "a folder that begins with / or ~ or ., or OWNER/NAME of a model hub")
    return model


def _read_path(table: TomlTable, key: str, text: str) -> Path:
    """Return a path; one that is relative starts at the folder of the file that names it."""
    if "\0" in text:
        raise table.refusal(key, "a path, which has no zero byte")
    try:
        return (table.file.parent / Path(text).expanduser()).absolute()
    except RuntimeError:
        raise table.refusal(key, "written in full: ~ leads to no home here") from None


def _read_prompts(table: TomlTable) -> Prompts | None:
    search, similar = table.text("search_instruction"), table.text("similar_instruction")
    prefixes = [table.raw_text(key) for key in ("search_prefix", "similar_prefix", "document_prefix")]
    has_prefix = any(prefix is not None for prefix in prefixes)
    if search is None and similar is None:
        return Prompts(*(prefix or "" for prefix in prefixes)) if has_prefix else None
    if has_prefix:
        key = "search_instruction" if search is not None else "similar_instruction"
        raise table.error(key, "goes with no prefix: instructions are for Qwen3-Embedding, prefixes for other models")
    return qwen_prompts(search or SEARCH_INSTRUCTION, similar or SIMILAR_INSTRUCTION)


def _read_server(table: TomlTable) -> ServerOptions:
    tokenizer = table.text("tokenizer")
    usual = ServerOptions("")
    return ServerOptions(
        url=_read_url(table),
        key_variable=_read_variable(table),
        timeout_s=table.seconds("timeout_s") or usual.timeout_s,
        n_concurrent=table.count("concurrency") or usual.n_concurrent,
        batch_size=table.count("batch_size") or usual.batch_size,
        end_token=table.choice("end_token", END_TOKENS) or usual.end_token,
        asks_dimensions=table.flag("dimensions") or False,
        tokenizer=_read_path(table, "tokenizer", tokenizer) if tokenizer is not None else None,
    )


def _read_url(table: TomlTable) -> str:
    """Return the base address; the error does not show it, for a password may stand in it."""
    url = table.text("url")
    if url is None:
        raise table.error("url", "is missing; set it to the server's address, such as http://127.0.0.1:8080/v1")
    if not is_plain_address(url) or "?" in url or "#" in url:
        raise table.error("url", "must be like http://127.0.0.1:8080/v1, with no user, no password, no ? and no #")
    return url.rstrip("/").removesuffix("/embeddings")


def _read_variable(table: TomlTable) -> str:
    """Return the name of the variable; the error does not show what is there, for it may be the key itself."""
    variable = table.text("key_variable")
    if variable is not None and _VARIABLE.fullmatch(variable) is None:
        raise table.error("key_variable", "must be the name of a variable of the environment, such as MY_SERVER_KEY")
    return variable or ""
