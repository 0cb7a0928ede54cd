"""Definitions of Java."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""package shop.orders;

import java.util.List;

/** An order. */
@Entity(name = "orders")
public abstract class Order<T> extends Base implements Priced {
    /** Most lines of one order. */
    public static final int MAX_LINES = 99, MIN_LINES = 1;
    private List<String> lines;

    static { register(); }

    /** Makes an empty order. */
    @Inject public Order(int size) { super(size); }

    /**
     * Adds up the lines.
     * @param rate the tax
     */
    @Override
    public <U> double total(@Nullable String rate, int... extras) throws RateException {
        Runnable log = new Runnable() { public void run() {} };
        return 0;
    }

    abstract void cancel();

    enum State { OPEN, PAID(1) { void close() {} }; State(int... codes) {} boolean isFinal() { return false; } }

    record Line(String sku, int count) { Line { } static Line of() { return null; } }

    interface Listener { void changed(Order<?> order); int LIMIT = 3; }

    @interface Audited { String value() default ""; }
}
"""

EXPECTED = [
    ("class", "", "Order"),
    ("name", "", "MAX_LINES"),
    ("name", "", "MIN_LINES"),
    ("name", "", "lines"),
    ("method", "", "Order"),
    ("method", "", "total"),
    ("function", "", "run"),
    ("method", "", "cancel"),
    ("class", "", "State"),
    ("name", "", "OPEN"),
    ("class", "", "PAID"),
    ("method", "", "close"),
    ("method", "", "State"),
    ("method", "", "isFinal"),
    ("class", "", "Line"),
    ("method", "", "Line"),
    ("method", "", "of"),
    ("class", "", "Listener"),
    ("method", "", "changed"),
    ("name", "", "LIMIT"),
    ("class", "", "Audited"),
    ("name", "", "value"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("java", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_java_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("java", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_java_definitions_carry_signature_and_documentation() -> None:
    assert (find("total").signature, find("total").documentation) == (
        "public <U> double total(String rate, int... extras) throws RateException",
        "Adds up the lines.\n@param rate the tax",
    )
    assert (find("MAX_LINES").signature, find("MAX_LINES").documentation) == (
        "public static final int MAX_LINES = 99, MIN_LINES = 1",
        "Most lines of one order.",
    )
    assert (find("Order").signature, find("Order").documentation) == (
        "public abstract class Order<T> extends Base implements Priced",
        "An order.",
    )
