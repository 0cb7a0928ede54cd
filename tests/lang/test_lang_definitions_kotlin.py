"""Definitions of Kotlin."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""package shop

/** What is sold. */
@Serializable
open class Product<T>(val sku: String, private var stock: Int = 0, note: String) : Entity(), Priced {
    val price: Int = 1
    val isCheap: Boolean
        get() = price < 10
    constructor(sku: String) : this(sku, 0, "")
    companion object {
        const val MAX = 10
        fun parse(text: String): Product<*> = TODO()
    }
    override suspend fun <U> reserve(count: U): Boolean where U : Number {
        fun check() {}
        val left = 1
        return true
    }
    abstract fun release()
}

object Registry : Store { fun find(sku: String) = null }

interface Store {
    fun save(product: Product<*>)
}

enum class Size(val cm: Int) {
    SMALL(1),
    LARGE(9) {
        override fun label() = "L"
    };

    fun area() = cm
}

data class Point(val x: Int, val y: Int)

typealias Skus = List<String>

/** Shouts. */
fun String.shout(times: Int): String = uppercase()
fun <T> List<T>.second(): T = this[1]
val top = 1
"""

EXPECTED = [
    ("class", "", "Product"),
    ("name", "", "sku"),
    ("name", "", "stock"),
    ("name", "", "price"),
    ("method", "", "isCheap"),
    ("method", "", "constructor"),
    ("class", "", "Companion"),
    ("name", "", "MAX"),
    ("method", "", "parse"),
    ("method", "", "reserve"),
    ("function", "", "check"),
    ("method", "", "release"),
    ("class", "", "Registry"),
    ("method", "", "find"),
    ("class", "", "Store"),
    ("method", "", "save"),
    ("class", "", "Size"),
    ("name", "", "cm"),
    ("name", "", "SMALL"),
    ("class", "", "LARGE"),
    ("method", "", "label"),
    ("method", "", "area"),
    ("class", "", "Point"),
    ("name", "", "x"),
    ("name", "", "y"),
    ("name", "", "Skus"),
    ("function", "String", "shout"),
    ("function", "List", "second"),
    ("name", "", "top"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("kotlin", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_kotlin_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("kotlin", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_kotlin_definitions_carry_signature_and_documentation() -> None:
    assert (find("reserve").signature, find("reserve").documentation) == (
        "override suspend fun <U> reserve(count: U): Boolean where U : Number",
        "",
    )
    assert (find("shout").signature, find("shout").documentation) == ("fun String.shout(times: Int): String", "Shouts.")
    assert (find("Product").signature, find("Product").documentation) == (
        "open class Product<T>(val sku: String, private var stock: Int = 0, note: String) : Entity(), Priced",
        "What is sold.",
    )
