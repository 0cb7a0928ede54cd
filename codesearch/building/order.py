"""What a build is asked for, put together from options, settings and the index that is there. Builds nothing."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.encoders.choice import THIS_MACHINE, Choice, Machine, choose
from codesearch.encoders.own import resolve
from codesearch.errors import CodesearchError
from codesearch.registry import read_committed
from codesearch.settings.settings import Settings, read_settings
from codesearch.storage.catalog import CATALOG_NAME
from codesearch.storage.rows import IndexInfo
from codesearch.types import BuildOptions
from indexers.encoders.spec import EMBEDDED, EncoderSpec
from indexers.errors import EncoderError, WalkError
from indexers.types import GRANULARITIES, EncoderDescription, Granularity
from indexers.walker import DEFAULT_MAX_FILE_BYTES


@dataclass(frozen=True, slots=True)
class Order:
    """One tree to be indexed, and how."""

    root: Path
    home: Path
    options: BuildOptions
    """With the choices of the index that is replaced."""
    settings: Settings
    is_new: bool
    """Whether the index is made anew, beside the one that is there."""
    own: IndexInfo | None = None
    """What the index says that is there; None where there is none, or none that can be read."""

    def describe_standing(self) -> str:
        """Return what a build beside an index leaves where it is broken off; nothing for one that is not beside."""
        if not self.is_new:
            return ""
        if self.options.encoder == EMBEDDED.name:
            return "the index that was there stands, and the same command starts again"
        return "the index that was there stands, what was encoded is kept, and the same command goes on from there"

    def describe_renewal(self, spec: EncoderSpec) -> str:
        """Return what a user is told of a build beside an index; nothing where none is there to answer meanwhile."""
        if not self.is_new or self.own is None:
            return ""
        before = self.own.encoder_name
        change = "" if before == spec.name else f" with encoder {spec.name} instead of {before}"
        return f"the index is made anew{change}; the old one answers until that is done"

    def is_first_use(self, spec: EncoderSpec) -> bool:
        """Return whether the root has no index of this encoder yet."""
        return self.own is None or self.own.encoder_name != spec.name

    def choose_encoder(self, machine: Machine = THIS_MACHINE) -> Choice:
        """Return the encoder of a new index; raises EncoderError."""
        may_download = self.options.is_consented or self.options.may_ask
        return choose(self.options.encoder, self.settings, may_download, machine)

    def max_file_bytes(self) -> int:
        """Return the size above which files are left out: an index that is there has its own."""
        own = None if self.own is None else self.own.max_file_bytes
        return self.options.max_file_bytes or own or self.settings.max_file_bytes or DEFAULT_MAX_FILE_BYTES

    def granularities(self) -> tuple[Granularity, ...]:
        """Return what gets vectors in a new index."""
        return _in_order(self.options.granularities or self.settings.granularities)

    def coarse_dim(self, encoder: EncoderDescription) -> int:
        """Return the prefix that a new index compares first; raises EncoderError for a cut that makes no sense."""
        wanted = self.options.coarse_dim
        if wanted is not None:
            check_cut(wanted, encoder.name, cuts_of(encoder))
            return wanted
        settled = self.settings.coarse_dim
        return settled if settled in cuts_of(encoder) else encoder.coarse_dims[0]


def read_order(root: Path, home: Path, folder: Path, options: BuildOptions) -> Order:
    """Return what is to be built for a root whose index lies, or will lie, in `folder`.

    Raises ConfigError for settings that cannot be read, EncoderError for an encoder that means nothing.
    """
    settings = read_settings(root)
    settings = replace(settings, is_offline=settings.is_offline or options.is_offline)
    own = _read_own(folder)
    if own is None:
        return Order(root, home, options, settings, is_new=options.rebuild and (folder / CATALOG_NAME).exists())
    if not options.rebuild and not _is_other(own, options, settings):
        return Order(root, home, options, settings, is_new=False, own=own)
    options = _inherit(own, options, settings)
    if options.encoder is not None and resolve(options.encoder, settings).name == own.encoder_name:
        settings = replace(settings, coarse_dim=own.coarse_dim)
    return Order(root, home, options, settings, is_new=True, own=own)


def check_name(root: Path) -> None:
    """Raise WalkError for a root whose name no index can hold."""
    try:
        str(root).encode("utf-8")
    except UnicodeEncodeError as error:
        printable = os.fsencode(root).decode("utf-8", "backslashreplace")
        raise WalkError(f"{printable} cannot be indexed: its name is not valid UTF-8; rename it") from error


def check_cut(wanted: int, name: str, cuts: frozenset[int]) -> None:
    """Raise EncoderError where vectors of the encoder `name` must not be cut there."""
    if wanted not in cuts:
        known = ", ".join(map(str, sorted(cuts)))
        raise EncoderError(f"vectors of encoder {name} cannot be compared by {wanted} numbers; choose {known}")


def cuts_of(encoder: EncoderDescription) -> frozenset[int]:
    """Return where an encoder's vectors may be cut; behind the last number is one such place."""
    return frozenset((*encoder.coarse_dims, encoder.dim))


def _is_other(own: IndexInfo, options: BuildOptions, settings: Settings) -> bool:
    """Tell whether something is asked for that an index cannot change."""
    if options.encoder is not None and resolve(options.encoder, settings).name != own.encoder_name:
        return True
    return options.granularities is not None and _in_order(options.granularities) != own.granularities


def _inherit(own: IndexInfo, options: BuildOptions, settings: Settings) -> BuildOptions:
    """Fill what was not asked for with the choices of the index that is replaced."""
    return replace(
        options,
        encoder=options.encoder or _own_encoder(own.encoder_name, settings),
        max_file_bytes=options.max_file_bytes or own.max_file_bytes,
        granularities=options.granularities or own.granularities,
    )


def _own_encoder(name: str, settings: Settings) -> str | None:
    """Return the name if it still means something."""
    try:
        return resolve(name, settings).name
    except EncoderError:
        return None


def _read_own(folder: Path) -> IndexInfo | None:
    """Return what the index says of itself; None where there is none, or none that can be read."""
    try:
        return read_committed(folder)
    except CodesearchError:
        return None


def _in_order(granularities: tuple[Granularity, ...]) -> tuple[Granularity, ...]:
    return tuple(name for name in GRANULARITIES if name in granularities)
