"""Definitions of JavaScript."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""const fs = require('fs');
export const LIMIT = 10;

/** Opens the store. */
export async function openStore(path) {
  const inner = () => path;
  return inner;
}

export const close = async (store) => {
  store.end();
};

const first = (a) => a, last = function* (b) { yield b; };

export default class Store extends Base {
  #size = 0;
  onEvict = (key) => { this.#size -= 1; };
  constructor(path) { super(path); }
  static get size() { return 1; }
  *entries() {}
}

const handlers = {
  get(key) { return key; },
  put: async (key, value) => {},
  'not found': function () {},
  limit: 3,
};

Store.prototype.flush = function () {};
Store.create = () => new Store();
exports.connect = function connect() {};
module.exports.drop = () => {};

describe('a store', () => {
  it("keeps what it is given", async () => {});
  it.each([1, 2])(`holds ${n} keys`, () => {});
});

export const View = memo(function View(props) { return props; });
"""

EXPECTED = [
    ("name", "", "LIMIT"),
    ("function", "", "openStore"),
    ("function", "", "inner"),
    ("function", "", "close"),
    ("function", "", "first"),
    ("function", "", "last"),
    ("class", "", "Store"),
    ("name", "", "#size"),
    ("method", "", "onEvict"),
    ("method", "", "constructor"),
    ("method", "", "size"),
    ("method", "", "entries"),
    ("class", "", "handlers"),
    ("method", "", "get"),
    ("method", "", "put"),
    ("method", "", "not found"),
    ("method", "Store", "flush"),
    ("function", "Store", "create"),
    ("function", "", "connect"),
    ("function", "", "drop"),
    ("module", "", "a store"),
    ("function", "", "keeps what it is given"),
    ("function", "", "holds ${n} keys"),
    ("function", "", "View"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("javascript", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_javascript_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("javascript", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_javascript_definitions_carry_signature_and_documentation() -> None:
    assert (find("openStore").signature, find("openStore").documentation) == (
        "async function openStore(path)",
        "Opens the store.",
    )
    assert (find("Store").signature, find("Store").documentation) == ("class Store extends Base", "")
    assert (find("flush").signature, find("flush").documentation) == ("Store.prototype.flush = function ()", "")
