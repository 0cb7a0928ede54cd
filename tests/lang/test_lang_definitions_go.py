"""Definitions of Go."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""// Package cache keeps values.
package cache

import "sync"

// MaxSize bounds a cache.
const MaxSize = 1 << 10

const (
	low, high = iota, 10
	// mid is between.
	mid
)

var ErrFull = errors.New("full")

var clean = func(key string) string { return key }

// Cache is safe for concurrent use.
type Cache[K comparable, V any] struct {
	mu    sync.Mutex
	items map[K]V
	*Stats
}

type (
	// Store persists.
	Store interface {
		Load(key string) ([]byte, error)
	}
	Loader func(key string) (any, error)
	Bytes  = []byte
)

// Get returns the value of key.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	type local struct{ x int }
	const hidden = 1
	return c.items[key], true
}

func (s Stats) Hits() int { return s.hits }

// New makes a cache.
func New(size int) *Cache[string, int] { return nil }

func asm(x int) int
"""

EXPECTED = [
    ("name", "", "MaxSize"),
    ("name", "", "low"),
    ("name", "", "high"),
    ("name", "", "mid"),
    ("name", "", "ErrFull"),
    ("function", "", "clean"),
    ("class", "", "Cache"),
    ("name", "", "mu"),
    ("name", "", "items"),
    ("class", "", "Store"),
    ("name", "", "Load"),
    ("name", "", "Loader"),
    ("name", "", "Bytes"),
    ("method", "Cache", "Get"),
    ("class", "", "local"),
    ("name", "", "x"),
    ("method", "Stats", "Hits"),
    ("function", "", "New"),
    ("function", "", "asm"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("go", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_go_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("go", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_go_definitions_carry_signature_and_documentation() -> None:
    assert (find("Get").signature, find("Get").documentation) == (
        "func (c *Cache[K, V]) Get(key K) (V, bool)",
        "Get returns the value of key.",
    )
    assert (find("Cache").signature, find("Cache").documentation) == (
        "type Cache[K comparable, V any] struct",
        "Cache is safe for concurrent use.",
    )
    assert (find("mid").signature, find("mid").documentation) == ("mid", "mid is between.")
