"""Definitions of C."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""#include <stdio.h>

#define MAX_CONN 8
#define SQUARE(x) ((x) * (x))
/* Runs a statement once. */
#define ONCE(s) \\
  do { s; } \\
  while (0)

/** One connection. */
struct conn { int fd; char *host; void (*on_close)(int); };

typedef struct buf_s { size_t len; char data[64]; } buf_t;
typedef int (*handler_fn)(struct conn *);
typedef enum { IDLE, BUSY = 2 } state_t;
union value { int i; float f; };

static const int timeouts[2] = {1, 2}, retries = 3;
MYLIB_API int conn_open(const char *host);

/**
 * Reads once.
 */
static inline char **conn_read(struct conn *c, int flags) {
  int local = 1;
  return 0;
}

void (*handler_of(int kind))(int) { return 0; }

#ifdef _WIN32
int win_start(void) { return 0; }
#endif

TEST_IMPL(reads_what_was_written) {
  return 0;
}
"""

EXPECTED = [
    ("name", "", "MAX_CONN"),
    ("name", "", "SQUARE"),
    ("function", "", "ONCE"),
    ("class", "", "conn"),
    ("name", "", "fd"),
    ("name", "", "host"),
    ("name", "", "on_close"),
    ("name", "", "buf_s"),
    ("class", "", "buf_t"),
    ("name", "", "len"),
    ("name", "", "data"),
    ("name", "", "handler_fn"),
    ("class", "", "state_t"),
    ("name", "", "IDLE"),
    ("name", "", "BUSY"),
    ("class", "", "value"),
    ("name", "", "i"),
    ("name", "", "f"),
    ("name", "", "timeouts"),
    ("name", "", "retries"),
    ("name", "", "conn_open"),
    ("function", "", "conn_read"),
    ("function", "", "handler_of"),
    ("function", "", "win_start"),
    ("function", "", "reads_what_was_written"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("c", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_c_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("c", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_c_definitions_carry_signature_and_documentation() -> None:
    assert (find("conn_read").signature, find("conn_read").documentation) == (
        "static inline char **conn_read(struct conn *c, int flags)",
        "Reads once.",
    )
    assert (find("ONCE").signature, find("ONCE").documentation) == ("#define ONCE(s)", "Runs a statement once.")
    assert (find("conn").signature, find("conn").documentation) == ("struct conn", "One connection.")
