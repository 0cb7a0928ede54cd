"""No text leaves for another machine, and no model is fetched, before somebody allowed it."""

from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.building.clearance import Fetching
from codesearch.encoders.consent import forget_uploads
from codesearch.errors import ConsentError
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.types import BuildOptions, Progress, SearchResponse
from indexers.encoders.hub import Download, OnProgress
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import FloatArray, Task
from tests.core.patient import NAME, PatientEncoder, Workplace

pytestmark = pytest.mark.slow  # each build starts a parser process

ONE = BuildOptions(n_workers=1, encoder="far")
SETTINGS = """[encoders.far]
kind = "server"
url = "https://embeddings.example.org/v1"
model = "m"
"""


class FarEncoder(PatientEncoder):
    """Remembers queries too."""

    def __init__(self) -> None:
        super().__init__("far", "far-1 dim=32")
        self.queries: list[str] = []

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Remember and encode."""
        self.queries.append(text)
        return super().encode_query(text, task)


@pytest.fixture
def far() -> FarEncoder:
    return FarEncoder()


@pytest.fixture
def place(tmp_path: Path, far: FarEncoder, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    (tmp_path / "config.toml").write_text(SETTINGS)
    monkeypatch.setenv("CODESEARCH_CONFIG", str(tmp_path / "config.toml"))
    root = tmp_path / "repository"
    root.mkdir()
    (root / "heron.py").write_text("def heron():\n    return 'wades'\n")
    return Workplace(root, tmp_path / "home", {"far": far})


def search(place: Workplace) -> SearchResponse:
    with Index(place.root, index_folder(place.home, place.root), place.home, place.load) as index:
        return index.search("heron")


def test_a_first_build_says_what_would_be_sent_where_and_sends_nothing(place: Workplace, far: FarEncoder) -> None:
    with pytest.raises(ConsentError, match=r"1 file of .*repository, 32 B, to embeddings\.example\.org"):
        place.build(ONE)
    assert far.read == []
    assert not index_folder(place.home, place.root).exists()


def test_what_was_allowed_once_is_allowed_for_this_root_and_for_no_other(place: Workplace, far: FarEncoder) -> None:
    place.build(replace(ONE, is_consented=True))
    (place.root / "egret.py").write_text("def egret():\n    return 'wades too'\n")
    assert place.build(ONE).added == 1
    other = place.root.with_name("other")
    other.mkdir()
    with pytest.raises(ConsentError):
        replace(place, root=other).build(ONE)


def notices(place: Workplace, options: BuildOptions) -> list[str]:
    """Build, and return what a person should read once."""
    seen: list[Progress] = []
    place.build(options, seen.append)
    return [text for text in dict.fromkeys(progress.notice for progress in seen) if text]


def test_what_is_asked_for_counts_by_the_size_limit_of_the_index(place: Workplace) -> None:
    place.build(replace(ONE, is_consented=True, max_file_bytes=100))
    (place.root / "heron.py").write_text("def heron():\n    return 'flies'\n")
    (place.root / "large.py").write_text("def large():\n    pass\n" * 10)
    forget_uploads(place.home, place.root)
    with pytest.raises(ConsentError, match="would send 1 file of"):
        place.build(ONE)


def test_what_is_allowed_unasked_is_told_once_before_it_is_sent(place: Workplace) -> None:
    consented = replace(ONE, is_consented=True)
    (told,) = notices(place, consented)
    assert "sends 1 file of" in told
    assert "repository, 32 B, to embeddings.example.org, which is not this machine" in told
    assert notices(place, consented) == []


def test_what_was_asked_is_not_told_again(place: Workplace) -> None:
    assert notices(place, replace(ONE, is_consented=True, may_ask=True)) == []


def test_what_the_settings_allow_is_told_when_a_root_is_sent_first(place: Workplace, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f"{SETTINGS}confirmed = true\n")
    (told,) = notices(place, ONE)
    assert "sends 1 file of" in told
    (place.root / "egret.py").write_text("def egret():\n    return 'wades too'\n")
    assert notices(place, ONE) == []


def test_a_rebuild_with_another_encoder_asks_too(place: Workplace, far: FarEncoder) -> None:
    place.build(BuildOptions(n_workers=1, encoder="embedded"))
    with pytest.raises(ConsentError):
        place.build(ONE)
    assert far.read == []


def test_a_query_is_sent_where_the_root_was_allowed_to_go(place: Workplace, far: FarEncoder) -> None:
    place.build(replace(ONE, is_consented=True))
    assert search(place).degraded is None
    assert far.queries == ["heron"]


def test_a_query_is_not_sent_where_nobody_allowed_it_and_the_answer_says_why(place: Workplace, far: FarEncoder) -> None:
    place.build(replace(ONE, is_consented=True))
    forget_uploads(place.home, place.root)
    response = search(place)
    assert [result.path for result in response.results] == ["heron.py"]
    assert far.queries == []
    assert response.degraded is not None
    assert "would send the query to embeddings.example.org" in response.degraded.reason
    assert "--yes" in response.degraded.remedy


def test_the_answer_says_why_there_is_no_encoder(place: Workplace, far: FarEncoder) -> None:
    place.build(replace(ONE, is_consented=True))

    def fail(spec: object) -> PatientEncoder:
        raise EncoderError("the server at embeddings.example.org does not answer; start it")

    with Index(place.root, index_folder(place.home, place.root), place.home, fail) as index:
        response = index.search("heron")
        assert response.degraded is not None
        assert response.degraded.reason.endswith("embeddings.example.org does not answer; start it")
        assert [result.path for result in response.results] == ["heron.py"]


def test_an_open_index_takes_the_encoder_of_a_new_generation(place: Workplace, far: FarEncoder) -> None:
    place.build(BuildOptions(n_workers=1, encoder="embedded"))
    with Index(place.root, index_folder(place.home, place.root), place.home, place.load) as index:
        assert index.search("heron").degraded is None
        place.build(replace(ONE, is_consented=True))
        response = index.search("heron")
    assert response.degraded is None
    assert far.queries == ["heron"]


def test_a_model_is_fetched_only_once_that_was_allowed_and_its_size_is_said(place: Workplace) -> None:
    fetched: list[str] = []

    def fetch(spec: EncoderSpec, on_bytes: OnProgress) -> None:
        on_bytes(2_000, 5_000)
        fetched.append(spec.model)

    def find_missing(spec: EncoderSpec) -> Download | None:
        return None if fetched else Download(spec.model, 5_000_000_000)

    place.encoders[NAME] = PatientEncoder()
    place.fetching = Fetching(find_missing, fetch)
    patient = BuildOptions(n_workers=1, encoder=NAME)
    with pytest.raises(ConsentError, match=r"has to download test/patient, 4\.7 GiB.*--yes"):
        place.build(patient)
    assert fetched == []
    seen: list[Progress] = []
    place.build(replace(patient, is_consented=True), seen.append)
    assert fetched == [NAME]
    assert [(p.bytes_done, p.bytes_total) for p in seen if p.stage == "download"] == [(2_000, 5_000)]
    assert place.build(BuildOptions(n_workers=1)).unchanged == 1


def test_a_download_that_the_searched_repository_chose_says_so(place: Workplace) -> None:
    place.fetching = Fetching(lambda spec: Download(spec.model, 5_000_000_000), lambda *_: None)
    (place.root / ".codesearch.toml").write_text('encoder = "qwen3-4b"\n')
    with pytest.raises(ConsentError, match=r"has to download .* \(chosen by the searched repository itself in "):
        place.build(BuildOptions(n_workers=1))


def test_a_model_that_cannot_run_here_says_too_who_chose_it(place: Workplace) -> None:
    def refuse(spec: EncoderSpec) -> Download | None:
        raise EncoderError(f"encoder {spec.name} needs torch: install it")

    place.fetching = Fetching(refuse, lambda *_: None)
    (place.root / ".codesearch.toml").write_text('encoder = "qwen3-4b"\n')
    with pytest.raises(EncoderError, match=r"needs torch: install it \(chosen by the searched repository itself in "):
        place.build(BuildOptions(n_workers=1))


def test_offline_nothing_is_fetched_whatever_is_allowed(place: Workplace) -> None:
    def fetch(spec: EncoderSpec, on_bytes: OnProgress) -> None:
        raise AssertionError

    place.encoders[NAME] = PatientEncoder()
    place.fetching = Fetching(lambda spec: Download(spec.model, None), fetch)
    place.build(BuildOptions(n_workers=1, encoder=NAME, is_consented=True, is_offline=True))


def test_what_cannot_be_sent_offline_is_not_allowed_by_the_way(place: Workplace) -> None:
    with pytest.raises(EncoderError, match="offline"):
        place.build(replace(ONE, is_offline=True, is_consented=True))
    with pytest.raises(ConsentError):
        place.build(ONE)
