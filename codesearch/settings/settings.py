"""What the user and the searched repository have settled beforehand, checked. Knows no encoder and no index.

The user's file may settle everything; a repository's own, `.codesearch.toml` in its root, only how it is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from codesearch.config import config_file
from codesearch.errors import ConfigError
from codesearch.settings.encoder_tables import read_encoder
from codesearch.settings.keys import ENCODERS, KEYS_COME_FROM, REPOSITORY_KEYS, SECRETS, USER_KEYS
from codesearch.settings.toml_table import TomlTable, read_toml
from indexers.encoders.cards import BY_NAME
from indexers.encoders.spec import EncoderSpec
from indexers.types import GRANULARITIES, Granularity

DEFAULT_CACHE_BYTES = 10_000_000_000
"""1.8 million vectors of 2,560 dimensions: several large repositories with their branches."""

REPOSITORY_FILE = ".codesearch.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every value that may be settled; the defaults hold where nothing is."""

    encoder: str | None = None
    """For new indexes; None leaves the choice to what the machine has."""
    encoders: Mapping[str, EncoderSpec] = field(default_factory=dict)
    """Encoders that the user has given names of their own."""
    confirmed: frozenset[str] = frozenset()
    """Names out of `encoders` that may be sent the text of any repository without asking."""
    granularities: tuple[Granularity, ...] = GRANULARITIES
    """What gets vectors in new indexes; words find every chunk."""
    coarse_dim: int | None = None
    """Prefix that is compared first, in new indexes; None is the encoder's best."""
    max_file_bytes: int | None = None
    cache_bytes: int = DEFAULT_CACHE_BYTES
    """Bound of the cache of vectors that all roots share."""
    is_offline: bool = False
    """Whether nothing but this machine may be talked to."""
    origins: Mapping[str, Path] = field(default_factory=dict)
    """The file that settled a key, by the key as it is written there."""
    by_repository: frozenset[str] = frozenset()
    """Keys that the searched repository settled, whoever wrote it."""


def read_settings(root: Path | None = None, file: Path | None = None) -> Settings:
    """Return what is settled for a root: the user's file, and above it what the repository may settle.

    `file` is the user's where it is not the usual one. Raises ConfigError for a file that says what it cannot say.
    """
    file = file if file is not None else config_file()
    settings = settings_of(TomlTable(file, read_toml(file)))
    if root is None:
        return settings
    own = root / REPOSITORY_FILE
    if own.is_symlink():
        raise ConfigError(f"{own} is a link, and a repository's settings lie in it; put a file there, or remove it")
    table = TomlTable(own, read_toml(own))
    _check_repository(table)
    return replace(_overlay(settings, table), by_repository=frozenset(table.values))


def settings_of(table: TomlTable) -> Settings:
    """Return what the user's file settles; raises ConfigError."""
    if secrets := sorted(SECRETS & set(table.values)):
        raise table.error(secrets[0], KEYS_COME_FROM)
    table.check_names((*USER_KEYS, ENCODERS))
    tables = table.tables(ENCODERS)
    named = {name: read_encoder(name, inner) for name, inner in tables.items()}
    settings = Settings(
        encoders={name: encoder.spec for name, encoder in named.items()},
        confirmed=frozenset(name for name, encoder in named.items() if encoder.is_confirmed),
        cache_bytes=table.size("cache_size") or DEFAULT_CACHE_BYTES,
        is_offline=table.flag("offline") or False,
        origins={f"{ENCODERS}.{name}": table.file for name in named},
    )
    return _overlay(settings, table)


def _overlay(settings: Settings, table: TomlTable) -> Settings:
    """Return the settings with what both kinds of files may settle, where this one does."""
    origins = {key: table.file for key in USER_KEYS if key in table.values}
    return replace(
        settings,
        encoder=table.text("encoder") or settings.encoder,
        granularities=table.choices("granularities", GRANULARITIES) or settings.granularities,
        coarse_dim=table.count("coarse_dim") or settings.coarse_dim,
        max_file_bytes=table.size("max_file_size") or settings.max_file_bytes,
        origins={**settings.origins, **origins},
    )


def _check_repository(table: TomlTable) -> None:
    """Raise ConfigError for anything in a repository's file that is not the repository's to settle."""
    for key in table.values:
        if key in USER_KEYS or key == ENCODERS or key in SECRETS:
            _refuse(key, table)
    table.check_names(REPOSITORY_KEYS)
    encoder = table.text("encoder")
    if encoder is not None and encoder not in BY_NAME:
        raise table.refusal("encoder", f"one of {', '.join(BY_NAME)} in a repository's file")


def _refuse(key: str, table: TomlTable) -> None:
    if key not in REPOSITORY_KEYS:
        may = ", ".join(REPOSITORY_KEYS)
        reason = "a repository can never set an endpoint, a key or a command"
        raise ConfigError(f"{table.file}: {key} is not a repository's to set, only {may}: {reason}; remove it there")
