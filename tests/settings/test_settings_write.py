"""The user's file after a value was set or taken out."""

import stat
import tomllib
from pathlib import Path

import pytest

from codesearch.errors import ConfigError, StorageError
from codesearch.settings.settings import read_settings
from codesearch.settings.user_file import set_value, unset_value
from indexers.errors import EncoderError

WRITTEN = """\
# My machine.
encoder = "gpu"  # the big one

[encoders.gpu]
url = "http://127.0.0.1:8080/v1"

# For trains.
[encoders.small]
model = "qwen3-0.6b"  # fits
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that a person wrote."""
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("encoder", "qwen3-4b", "qwen3-4b"),
        ("offline", "yes", True),
        ("granularities", "leaf, file", ["leaf", "file"]),
        ("coarse_dim", "128", 128),
        ("max_file_size", "4MiB", "4MiB"),
        ("encoders.new.url", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
    ],
)
def test_a_value_is_written_into_a_file_that_is_not_there_yet(
    key: str, text: str, value: object, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "config.toml"
    assert set_value(path, key, text) == value
    read: object = tomllib.loads(path.read_text(encoding="utf-8"))
    for part in key.split("."):
        assert isinstance(read, dict)
        read = read[part]
    assert read == value


def test_what_the_user_wrote_around_a_value_stays(file: Path) -> None:
    set_value(file, "encoder", "small")
    assert file.read_text(encoding="utf-8") == WRITTEN.replace('"gpu"  #', '"small"  #')


def test_a_new_value_stands_above_all_tables(file: Path) -> None:
    set_value(file, "offline", "true")
    assert file.read_text(encoding="utf-8") == WRITTEN.replace("one\n", "one\noffline = true\n")


def test_a_new_value_of_a_table_stands_before_the_comments_of_the_next(file: Path) -> None:
    set_value(file, "encoders.gpu.dim", "1024")
    assert file.read_text(encoding="utf-8") == WRITTEN.replace('8080/v1"\n', '8080/v1"\ndim = 1024\n')


def test_a_new_table_stands_at_the_end(file: Path) -> None:
    set_value(file, "encoders.more.model", "qwen3-8b")
    assert file.read_text(encoding="utf-8") == f'{WRITTEN}\n[encoders.more]\nmodel = "qwen3-8b"\n'


def test_a_value_that_was_set_and_taken_out_leaves_no_trace(file: Path) -> None:
    set_value(file, "encoders.gpu.dim", "1024")
    assert unset_value(file, "encoders.gpu.dim")
    assert file.read_text(encoding="utf-8") == WRITTEN


def test_an_encoder_is_taken_out_without_the_comment_of_the_next(file: Path) -> None:
    unset_value(file, "encoder")
    assert unset_value(file, "encoders.gpu")
    assert file.read_text(encoding="utf-8") == (
        '# My machine.\n\n\n# For trains.\n[encoders.small]\nmodel = "qwen3-0.6b"  # fits\n'
    )


def test_the_last_key_of_an_encoder_takes_its_table_along(file: Path) -> None:
    assert unset_value(file, "encoders.small.model")
    assert set(read_settings(None, file).encoders) == {"gpu"}
    assert "[encoders.small]" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["offline", "encoders.none", "encoders.none.dim", "encoders.gpu.dim"])
def test_what_is_not_there_is_not_taken_out(key: str, file: Path) -> None:
    assert not unset_value(file, key)
    assert file.read_text(encoding="utf-8") == WRITTEN


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("ofline", "true", "ofline is no setting; did you mean offline"),
        ("encoders", "x", "encoders is no setting"),
        ("encoders.gpu", "x", "encoders.gpu is a table; name a key in it"),
        ("encoders.gpu.ur", "x", "encoders.gpu.ur is no setting; did you mean url"),
        ("encoders.gpu.url.x", "x", "is no setting"),
        ("offline", "perhaps", "offline must be true or false, not 'perhaps'"),
        ("coarse_dim", "many", "coarse_dim must be a whole number, not 'many'"),
        ("coarse_dim", "0", "coarse_dim must be a whole number of at least 1"),
        ("granularities", "line", "granularities must be a list with one or more of"),
        ("max_file_size", "big", "max_file_size must be a size"),
        ("encoders.gpu.kind", "gguf", "encoders.gpu.url belongs to a server"),
        ("encoders.gpu.timeout_s", "soon", "must be a number, not 'soon'"),
        ("encoders.qwen3-4b.url", "http://127.0.0.1/v1", "is the name of a model that codesearch knows"),
        ("encoders.gpu.key", "hidden", "is never read from a file"),
        ("key", "hidden", "is never read from a file"),
        ("encoders.small.model", "~no-such-user/a", "encoders.small.model: ~no-such-user/a begins with the home"),
        ("cache_size", "9" * 400, "cache_size must be a size"),
    ],
)
def test_what_would_not_be_valid_is_not_written(key: str, text: str, said: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        set_value(file, key, text)
    assert "hidden" not in str(caught.value)
    assert file.read_text(encoding="utf-8") == WRITTEN


def test_an_encoder_that_means_nothing_is_not_written(file: Path) -> None:
    with pytest.raises(EncoderError, match="did you mean small"):
        set_value(file, "encoder", "smal")
    assert file.read_text(encoding="utf-8") == WRITTEN


def test_an_encoder_that_is_in_use_is_not_taken_out(file: Path) -> None:
    with pytest.raises(ConfigError, match="encoder is set to gpu"):
        unset_value(file, "encoders.gpu")
    assert file.read_text(encoding="utf-8") == WRITTEN


@pytest.mark.parametrize(
    "text",
    [
        'encoders = { gpu = { url = "http://127.0.0.1:8080/v1" } }\n',
        'encoders.gpu.url = "http://127.0.0.1:8080/v1"\n',
        '[encoders]\ngpu.url = "http://127.0.0.1:8080/v1"\n',
        '["encoders"."gpu"]\nurl = "http://127.0.0.1:8080/v1"',
        '[encoders]\r\n# mine\r\n[encoders.gpu]\r\nurl = "http://127.0.0.1:8080/v1"\r\n',
    ],
)
def test_however_tables_are_written_a_value_is_set_and_taken_out(text: str, file: Path) -> None:
    file.write_bytes(text.encode())
    before = read_settings(None, file)
    set_value(file, "encoders.gpu.dim", "1024")
    assert read_settings(None, file).encoders["gpu"].dim == 1024
    assert unset_value(file, "encoders.gpu.dim")
    assert read_settings(None, file) == before
    assert unset_value(file, "encoders.gpu")
    assert read_settings(None, file).encoders == {}


def test_a_table_that_cannot_be_added_is_left_to_the_user(file: Path) -> None:
    text = 'encoders = { gpu = { url = "http://127.0.0.1:8080/v1" } }\n'
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="change it in an editor"):
        set_value(file, "encoders.new.model", "qwen3-4b")
    assert file.read_text(encoding="utf-8") == text


def test_paths_are_taken_from_the_working_folder(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert set_value(file, "encoders.own.model", "small.gguf") == str(tmp_path / "here" / "small.gguf")
    assert set_value(file, "encoders.gpu.tokenizer", "tokenizer.json") == str(tmp_path / "here" / "tokenizer.json")
    assert set_value(file, "encoder", "./model") == str(tmp_path / "here" / "model")


def test_a_file_that_is_not_valid_is_left_to_the_user(file: Path) -> None:
    file.write_text("offline = maybe\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not TOML"):
        set_value(file, "coarse_dim", "64")
    assert file.read_text(encoding="utf-8") == "offline = maybe\n"


@pytest.mark.parametrize("text", [f"encoder = {'[' * 200}{']' * 200}\n", "[[encoders]]\nurl = 1\n"])
def test_a_file_that_says_nonsense_is_refused_before_it_is_changed(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"encoder.* must be "):
        set_value(file, "encoders.own.model", "qwen3-4b")
    assert file.read_text(encoding="utf-8") == text


def test_what_another_reader_of_toml_refuses_is_left_to_the_user(file: Path) -> None:
    text = f"encoder = {'[' * 200}{']' * 200}\noffline = true\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="change it in an editor"):
        unset_value(file, "encoder")
    assert file.read_text(encoding="utf-8") == text


def test_a_wrong_value_can_be_taken_out(file: Path) -> None:
    file.write_text("offline = 3\ncoarse_dim = 64\n", encoding="utf-8")
    assert unset_value(file, "offline")
    assert file.read_text(encoding="utf-8") == "coarse_dim = 64\n"


def test_a_file_behind_a_link_is_written_where_it_lies(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    set_value(link, "coarse_dim", "64")
    assert link.is_symlink()
    assert read_settings(None, file).coarse_dim == 64


def test_only_the_owner_reads_the_file_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "own" / "config.toml"
    set_value(path, "coarse_dim", "64")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_an_error(file: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        set_value(file / "config.toml", "coarse_dim", "64")
