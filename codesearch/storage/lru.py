"""A bounded memory of what was read last. Safe for several threads."""

import threading
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

    def put(self, key: Key, value: Value) -> None:
        """Remember a value, forgetting the one that was not used for longest."""
        with self._lock:
            self._values.pop(key, None)
            if len(self._values) >= self._capacity:
                del self._values[next(iter(self._values))]
            self._values[key] = value
