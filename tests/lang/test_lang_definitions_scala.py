"""Definitions of Scala."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""package shop

/** A monoid. */
trait Monoid[A] extends Semigroup[A] {
  def empty: A
  def combineAll(as: List[A]): A = {
    def loop(rest: List[A]): A = empty
    loop(as)
  }
}

object Monoid {
  /** Sums. */
  implicit val intMonoid: Monoid[Int] = new Monoid[Int] {
    def empty = 0
  }
  val one = 1
  private lazy val cache = Map()
  type Id[A] = A
}

@deprecated case class Box[A](value: A) {
  override def toString(): String = "box"
  def `odd name` = 1
}

enum Color { case Red, Green; def dark = 1 }

given ordering: Ordering[Box[Int]] with { def compare(a: Int) = 1 }

extension (s: String)
  def shout: String = s.toUpperCase

package object syntax { def pure = 1 }
"""

EXPECTED = [
    ("class", "", "Monoid"),
    ("method", "", "empty"),
    ("method", "", "combineAll"),
    ("function", "", "loop"),
    ("class", "", "Monoid"),
    ("class", "", "intMonoid"),
    ("method", "", "empty"),
    ("name", "", "one"),
    ("name", "", "cache"),
    ("name", "", "Id"),
    ("class", "", "Box"),
    ("method", "", "toString"),
    ("method", "", "odd name"),
    ("class", "", "Color"),
    ("name", "", "Red"),
    ("name", "", "Green"),
    ("method", "", "dark"),
    ("class", "", "ordering"),
    ("method", "", "compare"),
    ("function", "", "shout"),
    ("class", "", "syntax"),
    ("method", "", "pure"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("scala", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_scala_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("scala", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_scala_definitions_carry_signature_and_documentation() -> None:
    assert (find("combineAll").signature, find("combineAll").documentation) == ("def combineAll(as: List[A]): A", "")
    assert (find("intMonoid").signature, find("intMonoid").documentation) == (
        "implicit val intMonoid: Monoid[Int] = new Monoid[Int]",
        "Sums.",
    )
