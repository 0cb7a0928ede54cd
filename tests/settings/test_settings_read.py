"""What the user's file and a repository's own settle, and what they may not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codesearch.config import CONFIG_VARIABLE, HOME_VARIABLE, config_file, home_folder
from codesearch.errors import ConfigError
from codesearch.settings.settings import REPOSITORY_FILE, Settings, read_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the user's file, which is not there yet."""
    return tmp_path / "config.toml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository without a file of its own."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def write_own(root: Path, text: str) -> Path:
    """Write the repository's file and return it."""
    own = root / REPOSITORY_FILE
    own.write_text(text, encoding="utf-8")
    return own


def test_without_a_file_the_defaults_hold(root: Path, file: Path) -> None:
    assert read_settings(root, file) == Settings()


def test_the_user_s_file_settles_every_plain_value(file: Path) -> None:
    file.write_text(
        'encoder = "qwen3-4b"\noffline = true\ngranularities = ["file", "leaf"]\ncoarse_dim = 128\n'
        'max_file_size = "4MiB"\ncache_size = "20GB"\n',
        encoding="utf-8",
    )
    assert read_settings(None, file) == Settings(
        encoder="qwen3-4b",
        is_offline=True,
        granularities=("leaf", "file"),
        coarse_dim=128,
        max_file_bytes=4 << 20,
        cache_bytes=20_000_000_000,
        origins=dict.fromkeys(
            ("encoder", "offline", "granularities", "coarse_dim", "max_file_size", "cache_size"), file
        ),
    )


def test_a_repository_s_values_stand_above_the_user_s(root: Path, file: Path) -> None:
    file.write_text('encoder = "qwen3-4b"\ncoarse_dim = 128\noffline = true\n', encoding="utf-8")
    own = write_own(root, 'encoder = "embedded"\ngranularities = ["leaf"]\nmax_file_size = 1000\n')
    settings = read_settings(root, file)
    assert (settings.encoder, settings.coarse_dim, settings.is_offline) == ("embedded", 128, True)
    assert (settings.granularities, settings.max_file_bytes) == (("leaf",), 1000)
    assert (settings.origins["encoder"], settings.origins["coarse_dim"]) == (own, file)


def test_the_file_is_the_one_that_the_environment_names(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("offline = true\n", encoding="utf-8")
    monkeypatch.setenv(CONFIG_VARIABLE, str(file))
    assert read_settings().is_offline


@pytest.mark.parametrize(("variable", "find"), [(CONFIG_VARIABLE, config_file), (HOME_VARIABLE, home_folder)])
def test_a_variable_with_the_home_of_nobody_is_refused_by_name(
    variable: str, find: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "~no-such-user/codesearch")
    with pytest.raises(ConfigError, match=f"{variable}: ~no-such-user/codesearch begins with the home of a user"):
        find()


def test_without_a_variable_the_file_is_where_the_platform_keeps_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONFIG_VARIABLE)
    assert config_file().parts[-2:] == ("codesearch", "config.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('encoder = ""', "encoder must be a text that is not empty, not ''"),
        ("encoder = 4", "encoder must be a text that is not empty, not 4"),
        ('offline = "yes"', "offline must be true or false, not 'yes'"),
        ("granularities = []", r"granularities must be a list with one or more of leaf, class, file, not \[\]"),
        ('granularities = ["line"]', "granularities must be a list with one or more of leaf, class, file"),
        ("coarse_dim = 0", "coarse_dim must be a whole number of at least 1, not 0"),
        ("coarse_dim = true", "coarse_dim must be a whole number of at least 1, not True"),
        ('max_file_size = "big"', "max_file_size must be a size such as 2MiB, not 'big'"),
        ("cache_size = -1", "cache_size must be a size such as 2MiB, not -1"),
        ("ofline = true", "ofline is no setting; did you mean offline?"),
        ("colour = true", "colour is no setting; there are encoder, offline"),
        ("encoders = 3", r"encoders must be written as tables, \[encoders.NAME\]"),
        ("encoders.mine = 3", r"encoders.mine must be a table, \[encoders.mine\]"),
        ("offline = ", "is not TOML: .*; correct it there"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_key(text: str, said: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"config.toml:? .*{said}"):
        read_settings(None, file)


def test_a_file_that_is_not_utf_8_is_refused(file: Path) -> None:
    file.write_bytes(b'encoder = "\xff"')
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_settings(None, file)


def test_a_file_that_nests_without_end_is_refused(root: Path, file: Path) -> None:
    write_own(root, f"encoder = {'[' * 100_000}")
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_settings(root, file)


@pytest.mark.parametrize("key", ["coarse_dim", "max_file_size", "encoder", "granularities"])
@pytest.mark.parametrize(
    "number",
    ["9" * 5_000, "-" + "9" * 5_000, "0x" + "f" * 50_000, "9" * 400, "1e400", "inf", "nan"],
    ids=["decimal", "negative", "hexadecimal", "more than a float", "1e400", "inf", "nan"],
)
def test_a_repository_s_endless_number_is_refused_with_file_and_key(
    key: str, number: str, root: Path, file: Path
) -> None:
    write_own(root, f"{key} = {number}\n")
    with pytest.raises(ConfigError, match=rf"\{REPOSITORY_FILE}: {key} ") as caught:
        read_settings(root, file)
    assert len(str(caught.value)) < len(str(root)) + 200


def test_a_size_beyond_all_disks_is_refused(root: Path, file: Path) -> None:
    write_own(root, f'max_file_size = "{"9" * 400}TiB"\n')
    with pytest.raises(ConfigError, match="max_file_size must be a size such as 2MiB"):
        read_settings(root, file)


@pytest.mark.parametrize("part", ["a", '"a"', "'a'", '"\\""', "a ", "-"])
@pytest.mark.parametrize("form", ["{key} = 1", "[{key}]", "encoder = {{ {key} = 1 }}", "encoder={{{key}=1}}"])
def test_a_key_of_endless_parts_is_refused_before_it_takes_all_memory(
    part: str, form: str, root: Path, file: Path
) -> None:
    write_own(root, form.format(key=".".join([part] * 1_000)))
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_settings(root, file)


def test_an_endless_key_is_shown_by_its_beginning(root: Path, file: Path) -> None:
    write_own(root, f"{'k' * 100_000} = 1\n")
    with pytest.raises(ConfigError, match="is no setting") as caught:
        read_settings(root, file)
    assert len(str(caught.value)) < len(str(root)) + 300


def test_a_folder_in_the_place_of_the_file_is_refused(root: Path, file: Path) -> None:
    (root / REPOSITORY_FILE).mkdir()
    with pytest.raises(ConfigError, match="is not a regular file"):
        read_settings(root, file)


def test_a_repository_s_huge_file_is_not_read(root: Path, file: Path) -> None:
    write_own(root, "#" * 300_000)
    with pytest.raises(ConfigError, match="300,000 bytes"):
        read_settings(root, file)


@pytest.mark.parametrize("key", ["offline", "cache_size", "encoders", "key", "api_key"])
def test_a_repository_sets_no_endpoint_no_key_and_nothing_of_the_machine_s(key: str, root: Path, file: Path) -> None:
    own = write_own(root, f"{key} = 1\n")
    with pytest.raises(ConfigError) as caught:
        read_settings(root, file)
    assert str(caught.value) == (
        f"{own}: {key} is not a repository's to set, only encoder, granularities, coarse_dim, max_file_size: "
        "a repository can never set an endpoint, a key or a command; remove it there"
    )


def test_a_repository_cannot_define_an_encoder(root: Path, file: Path) -> None:
    write_own(root, '[encoders.mine]\nurl = "http://example.org/v1"\n')
    with pytest.raises(ConfigError, match="encoders is not a repository's to set"):
        read_settings(root, file)


def test_an_unknown_key_of_a_repository_is_compared_with_what_it_may_set(root: Path, file: Path) -> None:
    write_own(root, 'encodr = "embedded"\n')
    with pytest.raises(ConfigError, match="encodr is no setting; did you mean encoder"):
        read_settings(root, file)


@pytest.mark.parametrize("name", ["mine", "./model", "OWNER/NAME", "gguf:model.gguf", "http://example.org/v1"])
def test_a_repository_names_only_an_encoder_that_codesearch_knows(name: str, root: Path, file: Path) -> None:
    file.write_text('[encoders.mine]\nurl = "http://127.0.0.1:8080/v1"\n', encoding="utf-8")
    write_own(root, f'encoder = "{name}"\n')
    with pytest.raises(ConfigError, match=r"encoder must be one of embedded, qwen3-0\.6b"):
        read_settings(root, file)


@pytest.mark.parametrize("key", ["key", "api_key", "token"])
def test_a_key_in_the_file_is_refused_and_not_shown(key: str, file: Path) -> None:
    file.write_text(f'{key} = "hidden"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"is never read from a file: .* key_variable") as caught:
        read_settings(None, file)
    assert "hidden" not in str(caught.value)
