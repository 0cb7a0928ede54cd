"""What holds for every test: it sees no configuration of the person who runs it."""

from collections.abc import Iterator

import pytest

from codesearch.config import CONFIG_VARIABLE


@pytest.fixture(scope="session", autouse=True)
def _no_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    nowhere = tmp_path_factory.mktemp("configuration") / "none.toml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONFIG_VARIABLE, str(nowhere))
        yield
