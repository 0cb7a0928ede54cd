"""A real index that has seen an update, what it answers while it is whole, and what it holds, to compare with later.

Source files of several languages, the encoder that ships, dead rows, two segments of words, a coarse base with rows
behind it; and the same with a log beside the catalogue, as it is while somebody reads.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from random import Random

from benchmarks.trials.place import ROOT
from codesearch.build import BuildSeams, build
from codesearch.errors import CodesearchError
from codesearch.index import Index
from codesearch.registry import index_folder, list_roots
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import WriterSeams
from codesearch.storage.thresholds import BaseThresholds, Thresholds
from codesearch.types import BuildOptions, SearchOptions, SearchResponse, SearchResult

SOURCES = ROOT / "fixtures" / "repositories"
REPOSITORIES = ("abacus", "larder", "turnstile", "waypoint")
"""Some forty files in Python, Go, TypeScript, C and others."""

LOW = Thresholds(base=BaseThresholds(changed_rows=120, changed_share=0.3))
"""A base at once, and none for a small update: its rows stay behind it, its dead within it."""

WIDE = 400
"""Results that stand for all: more than an index of these sources has."""

SNIPPET = "for item in items:\n    total += item.price"

QUERIES = (
    ("where is the total computed", SearchOptions()),
    ("parse a line of input", SearchOptions(mode="lexical")),
    ("open and close the file", SearchOptions(mode="dense")),
    ("check that a visitor may enter", SearchOptions(mode="prefilter", prefilter=40)),
    ("add", SearchOptions(limit=5)),
    ("kind:function read", SearchOptions(limit=20)),
    ("path:waypoint/** distance between two points", SearchOptions()),
    ('"return" error', SearchOptions()),
    ("lang:python", SearchOptions(limit=50)),
)

REFUSED = "refused: "
"""How an answer begins that is an error."""

Place = tuple[str, int, int]
"""Path and lines of a result."""


@dataclass(frozen=True, slots=True)
class Scene:
    """An index that nobody changes any more."""

    name: str
    root: Path
    home: Path

    @property
    def folder(self) -> Path:
        """Where the index lies."""
        return index_folder(self.home, self.root)


def make_scenes(folder: Path, random: Random) -> tuple[Scene, Scene]:
    """Build the index, and the one that has a log."""
    root, home = folder / "root", folder / "home"
    for name in REPOSITORIES:
        shutil.copytree(SOURCES / name, root / name)
    quiet, logged = Scene("quiet", root, folder / "quiet"), Scene("logged", root, folder / "logged")
    _build(root, home)
    _change(root, random)
    _build(root, home)
    shutil.copytree(home, quiet.home)
    with _reading(index_folder(home, root)):
        _change(root, random)
        _build(root, home)
        shutil.copytree(home, logged.home)
    return quiet, logged


def ask_all(scene: Scene, *, is_checked: bool) -> dict[str, object]:
    """Ask everything, an error being an answer too; `is_checked` waits for the background check first."""
    answers: dict[str, object] = {"list": _list(scene.home)}
    try:
        index = Index(scene.root, scene.folder, scene.home)
    except CodesearchError as error:
        return {**answers, "open": _refusal(error)}
    with closing(index):
        if is_checked and (damage := _attempt(index.finish_check)) is not None:
            return {**answers, "check": damage}
        for query, options in QUERIES:
            answers[f"{options.mode}: {query}"] = _attempt(partial(_search, index, query, options))
        answers["similar"] = _attempt(lambda: replace(index.similar(SNIPPET), took_ms=0.0))
        answers["status"] = _attempt(lambda: replace(index.status(), folder=scene.root, size_bytes=0))
    return answers


def ask_widely(scene: Scene) -> dict[str, dict[Place, object]]:
    """Return of every question what each chunk says and scores in its answer, were it returned."""
    found: dict[str, dict[Place, object]] = {}
    with closing(Index(scene.root, scene.folder, scene.home)) as index:
        for query, options in QUERIES:
            response = _search(index, query, replace(options, limit=WIDE))
            found[f"{options.mode}: {query}"] = {place_of(result): essence_of(result) for result in response.results}
        response = index.similar(SNIPPET, SearchOptions(limit=WIDE))
        found["similar"] = {place_of(result): essence_of(result) for result in response.results}
    return found


def read_chunks(scene: Scene) -> dict[Place, str]:
    """Return the text of the file of every chunk there is, by where the chunk is."""
    with Snapshot.open(scene.folder) as snapshot:
        texts = {file.path: snapshot.text(file.id).decode("utf-8", "replace") for file in snapshot.files()}
        chunks = [chunk for file in snapshot.files() for chunk in snapshot.chunks_of_file(file.id)]
    return {(chunk.path, chunk.start_line, chunk.end_line): texts[chunk.path] for chunk in chunks}


def place_of(result: SearchResult) -> Place:
    """Return where a result is."""
    return (result.path, result.start_line, result.end_line)


def essence_of(result: SearchResult) -> object:
    """Return what a result says that does not depend on which other candidates there were."""
    return (
        (result.kind, result.symbol, result.qualified_name, result.signature, result.documentation, result.language),
        (result.content, result.scores.bm25, result.scores.cosine),
    )


def dump(folder: Path) -> dict[str, str]:
    """Return a digest of all that an index holds: every table, the vectors, every derived file."""
    found = {
        path.relative_to(folder).as_posix(): _digest(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("catalog.db") and not path.name.endswith(".lock")
    }
    with closing(sqlite3.connect(f"file:{folder / 'catalog.db'}?mode=ro", uri=True)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = sorted(repr(row) for row in connection.execute(f'SELECT * FROM "{table}"'))
            found[f"table {table}"] = _digest("\n".join(rows).encode("utf-8", "surrogatepass"))
    return found


def _list(home: Path) -> object:
    entries = list_roots(home)
    problems = [entry.problem for entry in entries if entry.problem]
    return f"{REFUSED}{problems[0]}" if problems else [(entry.root, entry.n_files) for entry in entries]


def _search(index: Index, query: str, options: SearchOptions) -> SearchResponse:
    return replace(index.search(query, options), took_ms=0.0)


def _attempt(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except CodesearchError as error:
        return _refusal(error)


def _refusal(error: CodesearchError) -> str:
    return f"{REFUSED}{error}"


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _build(root: Path, home: Path) -> None:
    build(root, home, BuildOptions(n_workers=1), seams=BuildSeams(writer=WriterSeams(thresholds=LOW)))


def _change(root: Path, random: Random) -> None:
    """Edit some files, remove one, copy one."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix not in {".md", ".json"})
    random.shuffle(paths)
    for path in paths[:4]:
        path.write_bytes(path.read_bytes() + b"\n\n" + path.read_bytes()[:400])
    paths[4].unlink()
    paths[5].with_stem(f"{paths[5].stem}_too").write_bytes(paths[5].read_bytes())


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Hold on to a commit, so that the log cannot be emptied."""
    with closing(sqlite3.connect(folder / "catalog.db", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM meta").fetchall()
        yield
