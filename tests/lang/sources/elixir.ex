defmodule Shop.Cart do
  @moduledoc """
  A cart of items.

  It never forgets.
  """
  use GenServer

  @max_items 50
  @type t :: %__MODULE__{}

  defstruct [:items, total: 0]

  @doc """
  Adds an item.

      iex> add(cart, :apple)
  """
  @spec add(t, term) :: t
  def add(%__MODULE__{} = cart, item) when is_map(item) do
    %{cart | items: [item | cart.items]}
  end

  def add(cart, _item), do: cart

  @doc "How many there are."
  def count(cart), do: length(cart.items)

  def empty?, do: true

  defp check!(cart), do: cart

  # Wraps a block.
  defmacro with_cart(do: block) do
    quote do: unquote(block)
  end

  defguard is_full(cart) when length(cart) > 50

  defdelegate size(cart), to: Shop.Count

  def a <~> b do
    {a, b}
  end

  defmodule Line do
    def price(line), do: line.price
  end

  defimpl String.Chars, for: Shop.Cart do
    def to_string(_), do: "cart"
  end
end

defprotocol Shop.Priced do
  @moduledoc false
  @callback discount(term) :: number

  @doc "The price."
  def price(thing)
end

describe "cart" do
  test "adds an item" do
    assert true
  end
end
