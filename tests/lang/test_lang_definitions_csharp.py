"""Definitions of C#."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""using System;

namespace Shop.Orders;

/// <summary>An order.</summary>
[Serializable]
public partial class Order<T> : Entity, IPriced where T : new()
{
    private readonly int _count = 1, _limit;
    public const int Max = 99;
    public string Note { get; set; } = "";
    public int Count { get { return _count; } }
    public int Half => _count / 2;
    [Obsolete("use Parse")]
    public Order(int count) : base(count) { }
    ~Order() { }
    [Pure, Logged]
    public async Task<int> AddAsync<U>(int line, [In] string sku) where U : class
    {
        int Local() { return 1; }
        return Local();
    }
    public abstract void Cancel();
    void IPriced.Reprice() { }
    public int this[int i] { get { return i; } }
    public static Order<T> operator +(Order<T> a, Order<T> b) { return a; }
    public event EventHandler Changed;
    public delegate void Handler(int code);
    enum State { Open, Paid = 2 }
    record Line(string Sku, int Count);
    interface IListener { void OnChange(); }
}

public static class Extensions { public static void Print(this string s) { } }
"""

EXPECTED = [
    ("module", "", "Shop.Orders"),
    ("class", "", "Order"),
    ("name", "", "_count"),
    ("name", "", "_limit"),
    ("name", "", "Max"),
    ("name", "", "Note"),
    ("method", "", "Count"),
    ("method", "", "Half"),
    ("method", "", "Order"),
    ("method", "", "Order"),
    ("method", "", "AddAsync"),
    ("function", "", "Local"),
    ("method", "", "Cancel"),
    ("method", "IPriced", "Reprice"),
    ("method", "", "this"),
    ("method", "", "+"),
    ("name", "", "Changed"),
    ("name", "", "Handler"),
    ("class", "", "State"),
    ("name", "", "Open"),
    ("name", "", "Paid"),
    ("class", "", "Line"),
    ("class", "", "IListener"),
    ("method", "", "OnChange"),
    ("class", "", "Extensions"),
    ("method", "", "Print"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("csharp", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_csharp_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("csharp", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_csharp_definitions_carry_signature_and_documentation() -> None:
    assert (find("AddAsync").signature, find("AddAsync").documentation) == (
        "public async Task<int> AddAsync<U>(int line, string sku) where U : class",
        "",
    )
    assert (find("Order").signature, find("Order").documentation) == (
        "public partial class Order<T> : Entity, IPriced where T : new()",
        "An order.",
    )
