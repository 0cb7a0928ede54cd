"""The same work on several things at once, for work that waits on the network.

The threads are daemons: whoever interrupts the program does not wait for requests that may take minutes.
"""

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def work_on_all(jobs: Sequence[Job], work: Callable[[Job, Event], Result], n_threads: int) -> list[Result]:
    """Return the results in the order of the jobs; raises the first error, and sets the event for work under way."""
    stop = Event()
    if n_threads <= 1 or len(jobs) <= 1:
        return [work(job, stop) for job in jobs]
    waiting: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, Result | BaseException]] = SimpleQueue()
    for number in range(len(jobs)):
        waiting.put(number)

    def labour() -> None:
        while not stop.is_set():
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            try:
                done.put((number, work(jobs[number], stop)))
            except BaseException as error:  # noqa: BLE001  raised again by whoever waits for it
                done.put((number, error))

    for _ in range(min(n_threads, len(jobs))):
        Thread(target=labour, daemon=True).start()
    results: dict[int, Result] = {}
    try:
        while len(results) < len(jobs):
            number, result = done.get()
            if isinstance(result, BaseException):
                raise result
            results[number] = result
    finally:
        stop.set()
    return [results[number] for number in range(len(jobs))]
