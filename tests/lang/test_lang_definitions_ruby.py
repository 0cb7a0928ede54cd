"""Definitions of Ruby."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""# Things for sale.
module Shop
  # One order.
  class Order::Line < Base
    LIMIT = 10
    attr_accessor :sku, :count

    # Makes a line.
    def initialize(sku, count: 1)
      @sku = sku
    end

    def self.parse(text); end

    class << self
      def cache; end
    end

    define_method(:total) { |rate| rate }
    alias_method :amount, :total
    scope :open, -> { where(open: true) }
    private def audit!; end
    def ==(other); end
    def count=(value); end
    Point = Struct.new(:x, :y) do
      def distance; end
    end
  end
end

RSpec.describe Shop do
  context "when empty" do
    it "has no lines" do
    end
  end
end

namespace :db do
  task migrate: [:environment] do
  end
end
"""

EXPECTED = [
    ("module", "", "Shop"),
    ("class", "Order", "Line"),
    ("name", "", "LIMIT"),
    ("name", "", "sku"),
    ("name", "", "count"),
    ("method", "", "initialize"),
    ("method", "", "parse"),
    ("method", "", "cache"),
    ("method", "", "total"),
    ("name", "", "amount"),
    ("method", "", "open"),
    ("method", "", "audit!"),
    ("method", "", "=="),
    ("method", "", "count="),
    ("class", "", "Point"),
    ("method", "", "distance"),
    ("module", "", "Shop"),
    ("module", "", "when empty"),
    ("function", "", "has no lines"),
    ("module", "", "db"),
    ("function", "", "migrate"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("ruby", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_ruby_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("ruby", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_ruby_definitions_carry_signature_and_documentation() -> None:
    assert (find("initialize").signature, find("initialize").documentation) == (
        "def initialize(sku, count: 1)",
        "Makes a line.",
    )
    assert (find("Line").signature, find("Line").documentation) == ("class Order::Line < Base", "One order.")
