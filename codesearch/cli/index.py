"""`codesearch index`: read a repository, or only what changed in it."""

import argparse
import math
from contextlib import nullcontext
from pathlib import Path

from codesearch import config, registry
from codesearch.cli.building import build_index, estimate_index
from codesearch.cli.errors import UsageError
from codesearch.cli.estimating import render_estimate
from codesearch.cli.index_arguments import WAIT_S
from codesearch.cli.opening import existing_path
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal
from codesearch.cli.watch import ended_as_asked, watch_index
from codesearch.errors import AmbiguousRootError, CorruptIndexError, NoIndexError
from codesearch.printable import clean_line
from codesearch.serialize import dump_json, estimate_to_json
from codesearch.types import BuildOptions
from codesearch.watching.watcher import WatchOptions, follow_up


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Build or update one index."""
    home = config.home_folder()
    root, note = _find_root(parsed.path, home)
    options = BuildOptions(
        encoder=parsed.encoder,
        max_file_bytes=parsed.max_file_size,
        force=parsed.force,
        n_workers=parsed.jobs,
        rebuild=parsed.rebuild,
        granularities=parsed.embed,
        coarse_dim=parsed.coarse_dim,
        is_consented=parsed.yes,
        is_offline=parsed.offline,
        patience_s=_read_patience(parsed),
    )
    if parsed.json and not parsed.estimate:
        raise UsageError("--json goes with --estimate; see codesearch index --help")
    if parsed.poll and not parsed.watch:
        raise UsageError("--poll goes with --watch; see codesearch index --help")
    if parsed.watch and parsed.estimate:
        raise UsageError("--estimate changes nothing and --watch stays; choose one")
    if not parsed.estimate:
        with ended_as_asked() if parsed.watch else nullcontext():
            build_index(root, options, home, terminal, quiet=parsed.quiet)
            if note:
                terminal.note(note)
            if parsed.watch:
                watch_index(root, WatchOptions(follow_up(options), parsed.poll), home, terminal, quiet=parsed.quiet)
        return Outcome.FOUND
    estimate = estimate_index(root, options, home, terminal, quiet=parsed.quiet)
    lines = [dump_json(estimate_to_json(estimate))] if parsed.json else render_estimate(estimate)
    for line in lines:
        terminal.result(line)
    return Outcome.FOUND


def _read_patience(parsed: argparse.Namespace) -> float:
    """Return how long to wait for another writer: who stays has time."""
    if parsed.watch and parsed.wait is not None:
        raise UsageError("--watch waits as long as it takes; leave --wait away")
    if parsed.watch:
        return math.inf
    return WAIT_S if parsed.wait is None else float(parsed.wait)


def _find_root(typed: str | None, home: Path) -> tuple[Path, str]:
    """Return the folder that was typed; without one, the indexed root around the working folder, or that folder.

    And what has to be said of another index once there is one of this folder, or nothing.
    """
    path = existing_path(typed)
    if not path.is_dir():
        raise UsageError(f"{typed} is a file; name the folder to index")
    try:
        located = registry.locate(path, home)
    except (NoIndexError, AmbiguousRootError):
        return path, ""
    except CorruptIndexError:
        if typed is None:
            raise
        return path, ""
    if typed is None:
        return located.root, ""
    if located.root == path:
        return path, ""
    covering = clean_line(str(located.root))
    return path, (
        f"note: {covering} is indexed and covers this folder; "
        "from now on searches here use the index of this folder alone"
    )
