"""How long a server is waited for, and that whoever interrupts does not wait."""

import threading
from threading import Event

import pytest

from indexers.encoders.server.batches import ALONE_BYTES, BATCH_BYTES, plan_batches
from indexers.encoders.server.client import FIRST_WAIT_S, Client
from indexers.encoders.server.parallel import work_on_all
from indexers.encoders.spec import ServerOptions
from indexers.errors import EncoderError
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.faults import Fault
from tests.encoders.server.made_encoders import Pauses

BODY = {"model": "qwen3-embedding-toy", "input": ["import os"]}


def ask(server: FakeServer, pauses: Pauses) -> int:
    client = Client(ServerOptions(server.url), pauses)
    client.be_patient()
    return client.ask("/embeddings", BODY).status


def test_pauses_double_and_are_spread(server: FakeServer) -> None:
    pauses = Pauses()
    server.fail(*[Fault("status", status=503)] * 6)
    assert ask(server, pauses) == 503
    for seconds, full in zip(pauses.seconds, (0.5, 1, 2, 4, 8), strict=True):
        assert full / 2 <= seconds <= full


def test_a_pause_that_the_server_asks_for_is_made(server: FakeServer) -> None:
    pauses = Pauses()
    server.fail(Fault("status", status=429, headers={"Retry-After": "7"}))
    assert ask(server, pauses) == 200
    assert pauses.seconds == [7]


def test_a_pause_may_be_asked_for_by_a_date(server: FakeServer) -> None:
    pauses = Pauses()
    server.fail(Fault("status", status=429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    assert ask(server, pauses) == 200
    assert pauses.seconds == [0]


@pytest.mark.parametrize("told", ["soon", "9" * 5_000, "Wed, 21 Oct 99999999 07:28:00 GMT"])
def test_a_pause_that_is_no_pause_is_replaced_by_ours(server: FakeServer, told: str) -> None:
    pauses = Pauses()
    server.fail(Fault("status", status=429, headers={"Retry-After": told}))
    assert ask(server, pauses) == 200
    assert 0 < pauses.seconds[0] <= FIRST_WAIT_S


def test_a_server_that_wants_a_long_pause_is_left_alone(server: FakeServer) -> None:
    pauses = Pauses()
    server.fail(Fault("status", status=429, headers={"Retry-After": "3600"}))
    assert ask(server, pauses) == 429
    assert pauses.seconds == []


def test_no_further_attempt_is_made_once_it_is_stopped(server: FakeServer) -> None:
    stop = Event()
    stop.set()
    server.fail(*[Fault("status", status=503)] * 6)
    with pytest.raises(EncoderError, match="was stopped"):
        Client(ServerOptions(server.url)).ask("/embeddings", BODY, stop)
    assert len(server.requests) == 1


def test_results_come_in_the_order_of_the_jobs() -> None:
    assert work_on_all([3, 1, 2], lambda job, _: job * 10, 2) == [30, 10, 20]
    assert work_on_all([], lambda job, _: job, 2) == []


def test_an_error_does_not_wait_for_work_under_way() -> None:
    released = Event()

    def work(job: int, stop: Event) -> int:
        if job == 0:
            raise EncoderError("broken")
        released.wait(30)
        return job

    with pytest.raises(EncoderError, match="broken"):
        work_on_all([0, 1], work, 2)
    assert not released.is_set()
    released.set()


def test_threads_do_not_keep_an_interrupted_program_alive() -> None:
    kinds = work_on_all([1, 2], lambda _, __: threading.current_thread().daemon, 2)
    assert kinds == [True, True]


def test_an_interrupt_reaches_the_caller_and_stops_the_work() -> None:
    seen: list[Event] = []

    def work(job: int, stop: Event) -> int:
        seen.append(stop)
        if job == 0:
            raise KeyboardInterrupt
        return job

    with pytest.raises(KeyboardInterrupt):
        work_on_all([0, 1, 2], work, 2)
    assert seen[0].is_set()


def test_batches_hold_every_text_once_within_their_limits() -> None:
    sizes = [10, ALONE_BYTES, 5_000, 100_000, *[9_000] * 20, 0]
    batches = plan_batches(sizes, 8)
    assert sorted(number for batch in batches for number in batch) == list(range(len(sizes)))
    for batch in batches:
        assert len(batch) <= 8
        assert len(batch) == 1 or sum(sizes[number] for number in batch) <= BATCH_BYTES
        assert len(batch) == 1 or max(sizes[number] for number in batch) < ALONE_BYTES
    assert plan_batches([], 8) == []
