"""When the next update is due: at once after a change, not for ever after the same noise, and again after a failure.

Time comes in as seconds of a clock that never goes back; nothing here waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

VAIN_UPDATES = 3
"""So often something may happen to a path without a change that an update finds, before it is taken for noise."""

MAX_NOISY_PATHS = 10_000
"""Paths that are remembered as noise; beyond, all are forgotten."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds between updates, by cause; tests set them low."""

    refresh_s: float = 300.0
    """Without any hint the tree is compared so often: hints that the system dropped must not lie for ever."""
    poll_s: float = 2.0
    """Where there are no hints, and more where comparing takes long."""
    poll_share: float = 0.05
    """Of the time at most this share goes into comparing where there are no hints."""
    first_rest_s: float = 1.0
    """After an update so long as it took, up to this: who saves twice does not wait long for the second."""
    max_rest_s: float = 60.0
    """The bound is doubled, up to this, with each update that a change follows sooner than the update took: under
    steady change half of the time is left to others, unless updates take longer than this."""
    noise_s: float = 2.0
    """After noise; doubled with each further update in vain."""
    silence_s: float = 10.0
    """What stays away so long, updates not counted, is no noise: a person does it, not a program."""
    max_noise_s: float = 60.0
    look_s: float = 3.0
    """So often it is seen whether the index is still there: its removal makes no hint, and costs one look to see."""
    locked_s: float = 1.0
    """While another process writes."""
    first_retry_s: float = 5.0
    """After a failure; doubled with each further one. A change meanwhile does not wait for it, once it is 5 s."""
    max_retry_s: float = 300.0


@dataclass(frozen=True, slots=True)
class _Vain:
    """Updates without a change after hints of one path."""

    n: int
    heard_at: float
    """When the last hint came, later by the time that updates took since: nobody hears hints meanwhile."""


@dataclass(slots=True)
class Pace:
    """What happened so far, as far as it matters for the time of the next update."""

    times: Times = field(default_factory=Times)
    due: float = 0.0
    """When the next update is to start."""
    _not_before: float = 0.0
    _hinted: dict[str, float] = field(default_factory=dict)
    """Paths that the next update is for, and when the last hint of each came."""
    _vain: dict[str, _Vain] = field(default_factory=dict)
    _rest_s: float = 0.0
    _steady_until: float = 0.0
    """What changes before this time, changes as fast as updates can follow."""
    _is_steady: bool = False
    _n_failures: int = 0

    def note_hints(self, now: float, paths: Iterable[str]) -> None:
        """Something happened to paths that matter."""
        fresh = set(paths)
        if not fresh:
            return
        delay_s = min(self._delay(path, now) for path in fresh)
        self._hinted.update(dict.fromkeys(fresh, now))
        self._is_steady |= delay_s == 0 and now < self._steady_until
        self.due = min(self.due, max(self._not_before, now + delay_s))

    def note_change(self, now: float) -> None:
        """Something may have happened that no hint told of."""
        self.due = min(self.due, max(self._not_before, now))

    def note_update(self, now: float, took_s: float, *, has_changed: bool, is_polling: bool = False) -> None:
        """An update came through."""
        if len(self._vain) + len(self._hinted) > MAX_NOISY_PATHS:
            self._vain.clear()
        for path, heard_at in self._hinted.items():
            before = self._vain.pop(path, None)
            if not has_changed:
                self._vain[path] = _Vain(before.n + 1 if before else 1, heard_at + took_s)
        self._hinted.clear()
        self._n_failures = 0
        times = self.times
        self._rest_s = min(2 * self._rest_s if self._is_steady else times.first_rest_s, times.max_rest_s)
        self._is_steady, self._steady_until = False, now + took_s
        self._not_before = now + min(took_s, self._rest_s)
        pause = max(times.poll_s, took_s / times.poll_share) if is_polling else times.refresh_s
        self.due = now + min(pause, times.refresh_s)

    def note_lock(self, now: float) -> None:
        """Another process writes."""
        self.due = self._not_before = now + self.times.locked_s

    def note_failure(self, now: float) -> float:
        """Note that an update failed; return in how many seconds it is tried again without a change."""
        times = self.times
        retry_s = min(times.first_retry_s * 2.0**self._n_failures, times.max_retry_s)
        self._n_failures = min(self._n_failures + 1, 32)
        self._not_before = now + min(times.first_retry_s, retry_s)
        self.due = now + retry_s
        return retry_s

    def _delay(self, path: str, now: float) -> float:
        vain = self._vain.get(path)
        heard_at = self._hinted.get(path, vain.heard_at if vain else now)
        if vain is not None and now - heard_at > self.times.silence_s:
            del self._vain[path]
            return 0.0
        if vain is None or vain.n < VAIN_UPDATES:
            return 0.0
        return min(self.times.noise_s * 2.0 ** min(vain.n - VAIN_UPDATES, 32), self.times.max_noise_s)
