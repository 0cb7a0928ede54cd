import pytest

from indexers.encoders.addresses import host_of, is_local, is_plain_address


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/v1",
        "https://LOCALHOST/v1",
        "http://127.0.0.1:11434/v1",
        "http://127.9.9.9",
        "http://[::1]:8080/v1",
        "http://[::ffff:127.0.0.1]/v1",
        "http://0.0.0.0:8000/v1",
        "http://[::]:8000/v1",
    ],
)
def test_an_address_that_cannot_leave_the_machine_is_local(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.org/v1",
        "http://192.168.0.7:8000/v1",
        "http://10.0.0.1/v1",
        "http://localhost./v1",
        "http://model.localhost/v1",
        "http://localhost.example.org/v1",
        "http://127.0.0.1.example.org/v1",
        "http://notlocalhost/v1",
        "http://[::2]/v1",
        "http://[::ffff:10.0.0.1]/v1",
    ],
)
def test_another_machine_is_not_local_however_near(url: str) -> None:
    assert is_plain_address(url)
    assert not is_local(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost@example.org/v1",
        "http://example.org\\@localhost/v1",
        "http://example.org@localhost/v1",
        "http://localhost\t.example.org/v1",
        "http://localhost .example.org/v1",
        "http://ⓛocalhost/v1",
        "http://localhost。/v1",
        "http://[::1/v1",
        "http://localhost:99999/v1",
        "ftp://localhost/v1",
        "localhost:8080",
        "http://",
        "",
    ],
)
def test_an_address_that_libraries_read_differently_is_neither_plain_nor_local(url: str) -> None:
    assert not is_plain_address(url)
    assert not is_local(url)


def test_a_host_is_named_with_its_port_and_without_its_user() -> None:
    assert host_of("https://Api.Example.org:8443/v1") == "api.example.org:8443"
    assert host_of("https://ada:secret@api.example.org/v1") == "api.example.org"


@pytest.mark.parametrize("url", ["http://ada:secret@[::1/v1", "ada:secret@host/v1", "http:host?key=secret", ""])
def test_what_is_no_address_is_named_without_what_it_may_hide(url: str) -> None:
    assert "secret" not in host_of(url)
