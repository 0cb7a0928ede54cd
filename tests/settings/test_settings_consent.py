"""What may leave this machine, and who said so."""

import stat
from pathlib import Path

import pytest

from codesearch.encoders.consent import (
    CONSENTS_FILE,
    Upload,
    allow_upload,
    forget_uploads,
    is_allowed,
    require_download,
    require_query,
    require_upload,
)
from codesearch.errors import ConsentError, StorageError
from codesearch.settings.settings import Settings
from indexers.encoders.names import spec_of
from indexers.encoders.spec import EMBEDDED, EncoderSpec, ServerOptions

ROOT = Path("/src/flask")
REMOTE = spec_of("https://gpu.example.org/v1")
OWN = EncoderSpec("gpu", "server", server=ServerOptions("https://gpu.example.org/v1"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home that nothing was written to."""
    return tmp_path / "home"


@pytest.mark.parametrize("spec", [EMBEDDED, spec_of("qwen3-4b"), spec_of("http://127.0.0.1:8080/v1")])
def test_what_stays_on_this_machine_needs_no_word(spec: EncoderSpec, home: Path) -> None:
    assert is_allowed(home, ROOT, spec, Settings())


def test_an_upload_that_nobody_allowed_names_host_files_bytes_and_root(home: Path) -> None:
    with pytest.raises(ConsentError) as caught:
        require_upload(home, Upload(ROOT, REMOTE, 1234, 5 << 20), Settings())
    assert caught.value.request == (
        "encoder https://gpu.example.org/v1 would send 1,234 files of /src/flask, 5.0 MiB, to gpu.example.org, "
        "which is not this machine"
    )
    assert "--yes" in caught.value.remedy
    assert str(caught.value) == f"{caught.value.request}; {caught.value.remedy}"


def test_a_query_that_nobody_allowed_is_not_sent(home: Path) -> None:
    with pytest.raises(ConsentError, match=r"the query to gpu\.example\.org.*codesearch index /src/flask --yes"):
        require_query(home, ROOT, REMOTE, Settings())


def test_an_upload_is_allowed_for_one_root_and_one_host(home: Path) -> None:
    allow_upload(home, ROOT, REMOTE)
    require_upload(home, Upload(ROOT, REMOTE, 1, 1), Settings())
    require_query(home, ROOT, REMOTE, Settings())
    assert not is_allowed(home, Path("/src/other"), REMOTE, Settings())
    assert not is_allowed(home, ROOT, spec_of("https://other.example.org/v1"), Settings())
    assert not is_allowed(home, ROOT, spec_of("https://gpu.example.org:8443/v1"), Settings())


@pytest.mark.parametrize(
    ("url", "is_same"),
    [
        ("https://GPU.example.org:443/other/v1", True),
        ("http://gpu.example.org/v1", False),
        ("http://gpu.example.org:443/v1", False),
        ("https://gpu.example.org:80/v1", False),
    ],
)
def test_a_consent_holds_for_scheme_host_and_port(url: str, is_same: bool, home: Path) -> None:
    allow_upload(home, ROOT, REMOTE)
    assert is_allowed(home, ROOT, spec_of(url), Settings()) == is_same
    settings = Settings(encoders={"gpu": OWN}, confirmed=frozenset({"gpu"}))
    moved = EncoderSpec("gpu", "server", server=ServerOptions(url))
    assert is_allowed(home / "none", ROOT, moved, settings) == is_same


def test_an_upload_that_anybody_can_read_on_the_way_says_so(home: Path) -> None:
    with pytest.raises(ConsentError, match=r"to gpu\.example\.org \(unencrypted\), which is not this machine"):
        require_upload(home, Upload(ROOT, spec_of("http://gpu.example.org/v1"), 1, 1), Settings())


def test_what_was_allowed_for_one_root_stays_when_another_is_added_or_forgotten(home: Path) -> None:
    allow_upload(home, ROOT, REMOTE)
    allow_upload(home, Path("/src/other"), REMOTE)
    forget_uploads(home, Path("/src/other"))
    assert is_allowed(home, ROOT, REMOTE, Settings())
    assert not is_allowed(home, Path("/src/other"), REMOTE, Settings())


def test_a_confirmed_encoder_may_be_sent_any_root(home: Path) -> None:
    settings = Settings(encoders={"gpu": OWN}, confirmed=frozenset({"gpu"}))
    assert is_allowed(home, ROOT, OWN, settings)


def test_a_confirmation_is_of_the_address_that_is_in_the_file(home: Path) -> None:
    settings = Settings(encoders={"gpu": OWN}, confirmed=frozenset({"gpu"}))
    moved = EncoderSpec("gpu", "server", server=ServerOptions("https://elsewhere.example.org/v1"))
    assert not is_allowed(home, ROOT, moved, settings)


def test_an_own_encoder_s_error_says_how_to_confirm_it_once_for_all(home: Path) -> None:
    with pytest.raises(ConsentError, match=r"config set encoders\.gpu\.confirmed true"):
        require_upload(home, Upload(ROOT, OWN, 1, 1), Settings(encoders={"gpu": OWN}))


@pytest.mark.parametrize("text", ["", "[]", '{"uploads": 3}', '{"uploads": {"/src/flask": 3}}', "[" * 100_000])
def test_a_damaged_record_allows_nothing(text: str, home: Path) -> None:
    home.mkdir()
    (home / CONSENTS_FILE).write_text(text, encoding="utf-8")
    assert not is_allowed(home, ROOT, REMOTE, Settings())


def test_only_the_owner_reads_what_was_allowed(home: Path) -> None:
    allow_upload(home, ROOT, REMOTE)
    assert stat.S_IMODE((home / CONSENTS_FILE).stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == [CONSENTS_FILE]


def test_a_record_that_cannot_be_written_is_an_error(home: Path) -> None:
    (home / CONSENTS_FILE).mkdir(parents=True)
    with pytest.raises(StorageError, match=r"consents\.json cannot be written"):
        allow_upload(home, ROOT, REMOTE)
    assert [path.name for path in home.iterdir()] == [CONSENTS_FILE]


@pytest.mark.parametrize(("size", "said"), [(8 << 30, "8.0 GiB"), (None, "of unknown size")])
def test_a_download_is_asked_for_with_its_size_and_says_who_chose_it(size: int | None, said: str) -> None:
    with pytest.raises(ConsentError) as caught:
        require_download("qwen3-4b", "Qwen/Qwen3-Embedding-4B", size, "asked for")
    assert caught.value.request == f"encoder qwen3-4b has to download Qwen/Qwen3-Embedding-4B, {said} (asked for)"
