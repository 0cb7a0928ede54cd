"""`codesearch config`, from the command line to the file."""

from pathlib import Path

import pytest

from codesearch.config import CONFIG_VARIABLE
from codesearch.settings.settings import REPOSITORY_FILE
from tests.cli.conftest import Run


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's file, which is not there, from inside a repository."""
    (tmp_path / "root" / ".git").mkdir(parents=True)
    (tmp_path / "root" / "src").mkdir()
    monkeypatch.chdir(tmp_path / "root" / "src")
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "config.toml"))
    return tmp_path / "config.toml"


def test_the_path_is_told_before_there_is_a_file(run: Run, file: Path) -> None:
    answer = run("config", "path")
    assert (answer.status, answer.out) == (0, f"{file}\n")


def test_a_value_that_was_set_is_got(run: Run, file: Path) -> None:
    answer = run("config", "set", "max_file_size", "4096KiB")
    assert (answer.status, answer.out, answer.err) == (0, "", f"set max_file_size to 4096KiB in {file}\n")
    assert run("config", "get", "max_file_size").out == "4MiB\n"


def test_without_a_key_all_values_are_told_with_where_they_come_from(run: Run, file: Path, tmp_path: Path) -> None:
    run("config", "set", "cache_size", "20GB")
    run("config", "set", "encoders.gpu.url", "http://127.0.0.1:8080/v1")
    own = tmp_path / "root" / REPOSITORY_FILE
    own.write_text('granularities = ["leaf"]\n', encoding="utf-8")
    lines = [line.split() for line in run("config", "get").out.splitlines()]
    assert lines == [
        ["encoder", "-", "default"],
        ["offline", "false", "default"],
        ["granularities", "leaf", str(own)],
        ["coarse_dim", "-", "default"],
        ["max_file_size", "2MiB", "default"],
        ["cache_size", "20GB", str(file)],
        ["encoders.gpu.url", "http://127.0.0.1:8080/v1", str(file)],
    ]


def test_the_json_has_bytes_as_numbers_and_null_for_what_is_not_settled(run: Run, file: Path, tmp_path: Path) -> None:
    run("config", "set", "offline", "true")
    document = run("config", "get", "--json").json()
    values = {entry["key"]: (entry["value"], entry["origin"]) for entry in document["values"]}
    assert values["offline"] == (True, str(file))
    assert values["cache_size"] == (10_000_000_000, None)
    assert values["encoder"] == (None, None)
    assert document["repository_file"] == str(tmp_path / "root" / REPOSITORY_FILE)


def test_an_encoder_s_keys_are_got_together(run: Run, file: Path) -> None:
    run("config", "set", "encoders.gpu.url", "http://127.0.0.1:8080/v1")
    run("config", "set", "encoders.gpu.dim", "1024")
    lines = run("config", "get", "encoders.gpu").out.splitlines()
    assert [line.split()[0] for line in lines] == ["encoders.gpu.dim", "encoders.gpu.url"]


@pytest.mark.parametrize("key", ["encoder", "encoders.gpu", "encoders.gpu.url"])
def test_a_key_that_is_not_set_is_nothing_found(key: str, run: Run, file: Path) -> None:
    answer = run("config", "get", key)
    assert (answer.status, answer.out) == (1, "")


def test_a_value_that_was_unset_has_its_default_again(run: Run, file: Path) -> None:
    run("config", "set", "cache_size", "20GB")
    assert run("config", "unset", "cache_size").status == 0
    assert run("config", "get", "cache_size").out == "10GB\n"
    again = run("config", "unset", "cache_size")
    assert (again.status, again.err) == (1, f"cache_size is not set in {file}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "offline"), "write codesearch config set KEY VALUE"),
        (("get", "offline", "true"), "write codesearch config get [KEY]"),
        (("unset",), "write codesearch config unset KEY"),
        (("path", "offline"), "write codesearch config path"),
        (("path", "--json"), "--json goes with codesearch config get alone"),
        (("get", "ofline"), "did you mean offline"),
        (("set", "ofline", "true"), "did you mean offline"),
        (("set", "encoder", "qwen3-4B"), "did you mean qwen3-4b"),
        (("show",), "invalid choice: 'show'"),
    ],
)
def test_a_slip_is_an_error_of_one_line(arguments: tuple[str, ...], said: str, run: Run, file: Path) -> None:
    answer = run("config", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not file.exists()


def test_a_repository_that_oversteps_is_told_so_without_a_way_to_act_on_the_terminal(
    run: Run, file: Path, tmp_path: Path
) -> None:
    own = tmp_path / "root" / REPOSITORY_FILE
    own.write_text('"\\u001b[31mkey" = 1\n', encoding="utf-8")
    answer = run("config", "get")
    assert answer.status == 2
    assert f"{own}: \\x1b[31mkey is no setting" in answer.err
