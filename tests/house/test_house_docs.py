"""What the documents say, held against what is there."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from codesearch.cli.parser import parse_arguments
from codesearch.serialize import response_to_json
from codesearch.types import IndexState, ScoreParts, SearchResponse, SearchResult
from tests.house.cli_page import COLUMNS, PAGE, render_page
from tests.house.house import ROOT, read_modules

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ codesearch (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

CI_TOOLS = ("pip", "ruff", "mypy", "python")

worded_as_in_3_12 = pytest.mark.skipif(
    sys.version_info >= (3, 13), reason="argparse words options differently from Python 3.13 on"
)


def set_up_commands() -> list[str]:
    """Return the commands that the README gives to copy, each an indented line of its own."""
    readme = FENCE.sub("", (ROOT / "README.md").read_text(encoding="utf-8"))
    return [line.strip() for line in readme.splitlines() if line.startswith("    ")]


def anchors_of(text: str) -> set[str]:
    """Return the anchors that a page's headings make."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_has_two_set_up_commands() -> None:
    install, test = set_up_commands()
    assert install.split(" && ")[0] == test.split(" && ")[0] == "python3 -m venv .venv"
    assert [part.split()[:2] for part in install.split(" && ")[1:]] == [
        [".venv/bin/pip", "install"],
        [".venv/bin/codesearch", "index"],
        [".venv/bin/codesearch", "search"],
    ]
    assert test.split(" && ")[1:] == ['.venv/bin/pip install -q -e ".[test]"', ".venv/bin/python -m pytest"]


def test_nobody_is_told_to_install_another_project_of_our_name() -> None:
    texts = {str(page): page.read_text(encoding="utf-8") for page in PAGES}
    texts |= {name: module.text for name, module in read_modules().items()}
    from_the_index = re.compile(
        r"(pip|pipx|uv|uvx)\b[^\n;&|]*\binstall\b[^\n.;&|]*\bcodesearch\b|install codesearch again"
    )
    assert [name for name, text in texts.items() if from_the_index.search(text)] == []


def test_the_readme_s_house_has_every_room() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    house = readme[readme.index("## The house") : readme.index("## Licence")]
    rooms = {name.split(".")[1] for name in read_modules() if name.startswith("codesearch.")} - {"__main__"}
    assert [room for room in sorted(rooms) if not re.search(rf"\b{room}\b", house)] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_ci_script_runs_the_readme_s_test_command_with_all_extras() -> None:
    done = subprocess.run([str(ROOT / ".ci" / "run"), "--dry-run"], capture_output=True, text=True, check=True)
    steps = [line.removeprefix("== ") for line in done.stdout.splitlines() if line.startswith("== ")]
    venv = re.escape(steps[0].split()[-1])
    python = re.escape(steps[0].split()[0])
    plain = [re.sub(python, "python3", re.sub(venv, ".venv", step, count=0), count=1) for step in steps]
    extras = "test,qwen,mcp,languages"
    assert plain[1] == ".venv/bin/pip install -q torch==2.13.0"
    assert f"{plain[2]} && {plain[-1]}" == set_up_commands()[1].replace("[test]", f"[{extras}]")
    assert plain[3:-1] == [".venv/bin/ruff check .", ".venv/bin/ruff format --check .", ".venv/bin/mypy"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_ci_script_adds_gguf_only_when_asked_and_refuses_what_it_does_not_know() -> None:
    script = str(ROOT / ".ci" / "run")
    asked = subprocess.run([script, "--gguf", "--dry-run"], capture_output=True, text=True, check=True)
    plain = subprocess.run([script, "--dry-run"], capture_output=True, text=True, check=True)
    assert "[test,qwen,mcp,languages,gguf]" in asked.stdout
    assert "llama-cpp-python[server]" in asked.stdout
    assert "gguf" not in plain.stdout
    assert subprocess.run([script, "--what"], capture_output=True, check=False).returncode == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_ci_script_quotes_a_folder_whose_name_holds_a_space(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "a b")}
    script = str(ROOT / ".ci" / "run")
    done = subprocess.run([script, "--dry-run"], env=environment, capture_output=True, text=True, check=True)
    steps = [shlex.split(line.removeprefix("== ")) for line in done.stdout.splitlines() if line.startswith("== ")]
    venv = steps[0][-1]
    assert Path(venv).parent.parent == tmp_path / "a b"
    words = [word for step in steps for word in step if str(tmp_path) in word]
    assert {word.removeprefix(venv) for word in words} == {"", *(f"/bin/{name}" for name in CI_TOOLS)}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_ci_script_says_so_where_the_system_brings_no_python_that_is_new_enough(tmp_path: Path) -> None:
    for name in ("apt-get", "git"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n", encoding="utf-8")
    (tmp_path / "id").chmod(0o755)
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    command = [str(shutil.which("bash")), str(ROOT / ".ci" / "run"), "--dry-run"]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Python 3.11" in done.stderr


@worded_as_in_3_12
def test_the_command_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(), "run python -m tests.house.cli_page"


@worded_as_in_3_12
@pytest.mark.slow
@pytest.mark.parametrize("command", [[], ["search"]])
def test_the_process_prints_what_the_page_shows(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "codesearch", *command, "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(COLUMNS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"```text\n{done.stdout}```" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        is_there = linked.exists() and linked.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in anchors_of(linked.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_shows_is_understood(page: Path) -> None:
    for line in COMMAND.findall(page.read_text(encoding="utf-8")):
        assert parse_arguments(shlex.split(line, comments=True)).command is not None, line


def keys_of(value: object) -> object:
    """Return a JSON value with its lists cut to one entry and its leaves left out, key order kept."""
    match value:
        case dict():
            return [(key, keys_of(inner)) for key, inner in value.items()]
        case [first, *_]:
            return [keys_of(first)]
    return None


def test_the_json_on_the_searching_page_has_the_keys_of_the_schema_in_their_order() -> None:
    (example,) = JSON.findall((ROOT / "docs" / "searching.md").read_text(encoding="utf-8"))
    scores = ScoreParts(bm25=1.0, cosine=0.5, fused=1.0, prior=1.0)
    result = SearchResult("a.py", 1, 2, "function", "f", "f", "", "", "python", 1.0, scores, "", stale=False)
    state = IndexState(ROOT, 1, 1, True, 1, 0, None, None)
    assert keys_of(json.loads(example)) == keys_of(response_to_json(SearchResponse("f", (result,), 1.0, state)))


@pytest.mark.slow
def test_the_library_page_s_example_runs(tmp_path: Path) -> None:
    (example,) = PYTHON.findall((ROOT / "docs" / "library.md").read_text(encoding="utf-8"))
    project = tmp_path / "src" / "project"
    (project / "any" / "folder" / "below").mkdir(parents=True)
    (project / "net.py").write_text("def retry_with_backoff():\n    return 1\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path), "CODESEARCH_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "net.py:1 retry_with_backoff" in done.stdout


def test_the_changelog_knows_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert "## Unreleased" in text or f"## {version}" in text
