"""The indexed fixture repositories, shared by the tests of this folder: nobody changes them."""

from collections.abc import Iterator

import pytest

from tests.quality.shelf import Shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Indexes of the fixture repositories, each built at its first use."""
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    yield made
    made.close()
