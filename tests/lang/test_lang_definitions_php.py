"""Definitions of PHP."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""<?php
namespace Shop\\Orders;

use Shop\\Base;

/**
 * An order.
 */
#[Entity]
abstract class Order extends Base implements Priced
{
    const MAX = 99, MIN = 1;
    /** Kept lines. */
    private array $lines = [];

    public function __construct(private int $id) {}

    #[Pure]
    public static function parse(string $text): static { return new static; }

    abstract protected function cancel();
}

interface Priced { public function price(): int; }
trait Logs { function log() {} }
enum State: string { case Open = 'open'; public function label() {} }

/** Adds. */
function add(int $a, int $b) { return $a + $b; }

$double = function ($x) { return 2 * $x; };
define('LIMIT', 5);
const TAX = 7;
it('adds numbers', function () { });
"""

EXPECTED = [
    ("module", "", "Shop\\Orders"),
    ("class", "", "Order"),
    ("name", "", "MAX"),
    ("name", "", "MIN"),
    ("name", "", "lines"),
    ("method", "", "__construct"),
    ("method", "", "parse"),
    ("method", "", "cancel"),
    ("class", "", "Priced"),
    ("method", "", "price"),
    ("class", "", "Logs"),
    ("method", "", "log"),
    ("class", "", "State"),
    ("name", "", "Open"),
    ("method", "", "label"),
    ("function", "", "add"),
    ("function", "", "double"),
    ("name", "", "LIMIT"),
    ("name", "", "TAX"),
    ("function", "", "adds numbers"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("php", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_php_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("php", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_php_definitions_carry_signature_and_documentation() -> None:
    assert (find("add").signature, find("add").documentation) == ("function add(int $a, int $b)", "Adds.")
    assert (find("lines").signature, find("lines").documentation) == ("private array $lines = []", "Kept lines.")
    assert (find("Order").signature, find("Order").documentation) == (
        "abstract class Order extends Base implements Priced",
        "An order.",
    )
