"""Definitions of Swift."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""import Foundation

/// One request.
@MainActor public final class Request<T>: Base, Sendable where T: Codable {
  let id: Int = 1
  static let shared = Request()
  var isDone: Bool { return true }
  init?(id: Int) throws { }
  deinit { }
  func send<U>(_ body: U, to url: String = "") async throws -> Int {
    func retry() {}
    let local = 1
    return local
  }
  subscript(i: Int) -> Int { return i }
  static func == (l: Request, r: Request) -> Bool { true }
  enum State: String { case idle, running(Int); func next() {} }
  typealias Body = Data
}

extension Request: Equatable { func cancel() {} }

protocol Sender: AnyObject {
  associatedtype Item
  var limit: Int { get }
  func send(item: Item)
}

actor Pool { func take() {} }
struct Point { var x: Int }
func top() {}
let limit = 1
"""

EXPECTED = [
    ("class", "", "Request"),
    ("name", "", "id"),
    ("name", "", "shared"),
    ("method", "", "isDone"),
    ("method", "", "init"),
    ("method", "", "deinit"),
    ("method", "", "send"),
    ("function", "", "retry"),
    ("method", "", "subscript"),
    ("method", "", "=="),
    ("class", "", "State"),
    ("name", "", "idle"),
    ("name", "", "running"),
    ("method", "", "next"),
    ("name", "", "Body"),
    ("class", "", "Request"),
    ("method", "", "cancel"),
    ("class", "", "Sender"),
    ("name", "", "Item"),
    ("name", "", "limit"),
    ("method", "", "send"),
    ("class", "", "Pool"),
    ("method", "", "take"),
    ("class", "", "Point"),
    ("name", "", "x"),
    ("function", "", "top"),
    ("name", "", "limit"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("swift", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_swift_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("swift", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_swift_definitions_carry_signature_and_documentation() -> None:
    assert (find("send").signature, find("send").documentation) == (
        'func send<U>(_ body: U, to url: String = "") async throws -> Int',
        "",
    )
    assert (find("Request").signature, find("Request").documentation) == (
        "public final class Request<T>: Base, Sendable where T: Codable",
        "One request.",
    )
