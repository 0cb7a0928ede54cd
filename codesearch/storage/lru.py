"""A bounded memory of what was read last. Safe for several threads."""

import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Lru(Generic[Key, Value]):
    """Keeps the `capacity` values that were used last."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: dict[Key, Value] = {}
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return the value, or None where it is not remembered."""
        with self._lock:
            value = self._values.pop(key, None)
            if value is not None:
                self._values[key] = value
            return value

    def get_all(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Return the values that are remembered, by key."""
        found: dict[Key, Value] = {}
        with self._lock:
            for key in keys:
                value = self._values.pop(key, None)
                if value is not None:
                    self._values[key] = found[key] = value
        return found

    def put(self, key: Key, value: Value) -> None:
        """Remember a value, forgetting the one that was not used for longest."""
        with self._lock:
            self._values.pop(key, None)
            if len(self._values) >= self._capacity:
                del self._values[next(iter(self._values))]
            self._values[key] = value
