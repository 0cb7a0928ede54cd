"""One server over HTTP: a pool of connections, and patience with what passes.

Knows addresses, the key, status codes and waiting; knows nothing of vectors and never repeats what it sends. Redirects
are not followed, so that the key stays with the host it was meant for; proxies are not used, because only
`codesearch.config` reads the environment.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from urllib.parse import urlsplit

from indexers.encoders.addresses import host_of
from indexers.encoders.server.complaints import Hidden, describe_refusal, is_hopeless
from indexers.encoders.spec import ServerOptions
from indexers.errors import EncoderError

CONNECT_TIMEOUT_S = 10.0
"""A server that is there accepts a connection at once, however busy."""

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others in a moment."""

MAX_STALLS = 2
"""Attempts that may run into the time limit: one stall may be an accident, two are a state."""


FIRST_WAIT_S = 0.5
"""Doubled with every further attempt, and spread by half so that several clients do not come back as one."""

MAX_WAIT_S = 30.0

Pause = Callable[[float, Event], object]
"""Waits so many seconds, or until the event is set."""


def wait(seconds: float, stop: Event) -> None:
    """Wait so many seconds, or until the event is set."""
    stop.wait(seconds)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is put up with."""

    n_attempts: int
    max_retry_after_s: float
    """A server that asks for a longer pause is left alone: the next run goes on where this one stopped."""
    waits_for_absent: bool
    """Whether a server that accepts no connection, or gives no answer in time, is asked again."""
    timeout_s: float | None = None
    """How long to wait for an answer at most, if less than the configuration allows."""


PATIENT = Patience(n_attempts=6, max_retry_after_s=120.0, waits_for_absent=True)
"""For work of minutes and hours."""

HURRIED = Patience(n_attempts=3, max_retry_after_s=5.0, waits_for_absent=False, timeout_s=60.0)
"""While somebody waits who can be answered by words alone; a minute lets a server load its model."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole: its status, and its JSON, or its text where it is none."""

    status: int
    value: object
    server: str
    """What the server calls itself; may be empty."""

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked; LM Studio says what it could not do with status 200."""
        is_error = isinstance(self.value, dict) and "error" in self.value and "data" not in self.value
        return self.status == 200 and not is_error


class Client:
    """Asks one server; safe for several threads."""

    def __init__(self, options: ServerOptions, pause: Pause = wait) -> None:
        import urllib3

        self.host = host_of(options.url)
        self._key = options.key
        self._pause = pause
        self._patience = HURRIED
        self._was_there = False
        self._timeout_s = options.timeout_s
        parts = urlsplit(options.url)
        self._path = parts.path.rstrip("/")
        self._pool = urllib3.connection_from_url(f"{parts.scheme}://{parts.netloc}", maxsize=options.n_concurrent)
        self._headers = {"Accept": "application/json", "User-Agent": "codesearch"}
        if options.key:
            self._headers["Authorization"] = f"Bearer {options.key}"

    def be_patient(self) -> None:
        """Put up with more from now on; with nobody listening only once somebody did."""
        self._patience = PATIENT

    def ask(self, path: str, body: object = None, stop: Event | None = None) -> Reply:
        """Return the last answer of the server, good or not; raises EncoderError where none came.

        `path` is below the base address, or beside its `/v1` where it begins with `//`. Without a body it is a GET.
        What passes is asked again until `stop` is set.
        """
        stop, patience, n_stalls = stop or Event(), self._patience, 0
        for attempt in range(patience.n_attempts):
            is_last = attempt == patience.n_attempts - 1
            outcome = self._try(path, body, patience)
            if isinstance(outcome, _Failure):
                n_stalls += outcome.is_stall
                is_vain = outcome.is_refused and not self._was_there
                is_absent = outcome.is_refused or outcome.is_stall
                if is_last or is_vain or n_stalls == MAX_STALLS or (is_absent and not patience.waits_for_absent):
                    raise EncoderError(self._unreachable(outcome))
                wait_s = None
            else:
                self._was_there = True
                wait_s = outcome.wait_s
                is_over = outcome.reply.status not in PASSING or is_hopeless(outcome.reply.value)
                if is_last or is_over or (wait_s or 0) > patience.max_retry_after_s:
                    return outcome.reply
            self._pause(_backoff(attempt) if wait_s is None else wait_s, stop)
            if stop.is_set():
                break
        raise EncoderError(f"asking the server {self.host} was stopped")

    def refusal(self, path: str, reply: Reply, texts: list[str] | None = None) -> EncoderError:
        """Return the error that tells of an answer which is not good; `texts` are kept out of it."""
        told = describe_refusal(reply.status, reply.value, Hidden(texts or (), self._key))
        if 300 <= reply.status < 400:
            told = f"status {reply.status}: it sends to another address; set that address as url"
        return EncoderError(f"the server {self.host} refused {self._full(path)}, {told}")

    def _full(self, path: str) -> str:
        root = self._path.removesuffix("/v1")
        return f"{root}{path[1:]}" if path.startswith("//") else f"{self._path}{path}"

    def _try(self, path: str, body: object, patience: Patience) -> "_Answered | _Failure":
        from urllib3 import Timeout, exceptions

        data, headers, method = None, self._headers, "GET"
        if body is not None:
            data, method = json.dumps(body).encode("ascii"), "POST"
            headers = {**headers, "Content-Type": "application/json"}
        timeout_s = min(self._timeout_s, patience.timeout_s or self._timeout_s)
        timeout = Timeout(connect=min(CONNECT_TIMEOUT_S, timeout_s), read=timeout_s)
        try:
            response = self._pool.urlopen(
                method, self._full(path), body=data, headers=headers, redirect=False, retries=False, timeout=timeout
            )
        except exceptions.ReadTimeoutError:
            return _Failure(f"it gave no answer within {timeout_s:g} s", is_stall=True)
        except exceptions.NameResolutionError:
            return _Failure("its name is not known", is_refused=True)
        except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError):
            return _Failure("nobody accepts a connection", is_refused=True)
        except exceptions.SSLError:
            return _Failure("its certificate is not accepted", is_refused=True)
        except exceptions.HTTPError:
            return _Failure("the connection broke")
        reply = Reply(response.status, _json_of(response.data), response.headers.get("Server", ""))
        return _Answered(reply, _seconds_of(response.headers.get("Retry-After")))

    def _unreachable(self, failure: "_Failure") -> str:
        return f"the server {self.host} cannot be used: {failure.reason}; start it or check the address, then try again"


@dataclass(frozen=True, slots=True)
class _Answered:
    reply: Reply
    wait_s: float | None
    """The pause that the server asked for."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """No answer, and why."""

    reason: str
    is_refused: bool = False
    """Whether there was not even a connection."""
    is_stall: bool = False


def _backoff(attempt: int) -> float:
    wait_s = min(FIRST_WAIT_S * float(2**attempt), MAX_WAIT_S)
    return wait_s * random.uniform(0.5, 1.0)  # noqa: S311


def _json_of(data: bytes) -> object:
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError):
        return data[:10_000].decode("utf-8", "replace")
    return value


def _seconds_of(retry_after: str | None) -> float | None:
    """Return the pause of a `Retry-After` header, which is a number of seconds or a date."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        return None if retry_after is None else float(Retry().parse_retry_after(retry_after))
    except (InvalidHeader, ValueError, OverflowError):  # numbers and years that are too large
        return None
