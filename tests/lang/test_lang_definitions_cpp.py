"""Definitions of C++."""

from indexers.definitions import find_definitions
from indexers.types import Definition

SOURCE = b"""MYLIB_BEGIN_NAMESPACE

namespace net::tcp {

/// A stream.
template <typename T, MYLIB_ENABLE_IF(!is_void<T>::value)>
class MYLIB_API Stream final : public Base<T> {
 public:
  Stream() : size_(1) {}
  explicit Stream(int size);
  ~Stream() = default;
  MYLIB_CONSTEXPR auto size() const noexcept -> int override { return size_; }
  int peek(int at) const;
  bool operator==(const Stream& other) const { return true; }
  template <typename V> V read(V into) { return into; }
  enum class Mode { Text, Binary };
  using value_type = T;

 private:
  static int count_;
  int size_ = 0;
};

template <> struct Stream<void> { };

template <typename T> int Stream<T>::peek(int at) const { return at; }
Stream<int>::~Stream() { }
int* tcp::Stream::data() { return nullptr; }

/// Opens.
MYLIB_API MYLIB_INLINE void open(const char* host) { }

constexpr int kLimit = 4;
enum Flags : int { kNone };

}  // namespace net::tcp

TEST(StreamTest, ReadsNothing) { int x; }

MYLIB_END_NAMESPACE
"""

EXPECTED = [
    ("module", "", "net::tcp"),
    ("class", "", "Stream"),
    ("method", "", "Stream"),
    ("name", "", "Stream"),
    ("method", "", "~Stream"),
    ("method", "", "size"),
    ("name", "", "peek"),
    ("method", "", "operator=="),
    ("method", "", "read"),
    ("class", "", "Mode"),
    ("name", "", "Text"),
    ("name", "", "Binary"),
    ("name", "", "value_type"),
    ("name", "", "count_"),
    ("name", "", "size_"),
    ("class", "", "Stream"),
    ("method", "Stream", "peek"),
    ("method", "Stream", "~Stream"),
    ("method", "tcp::Stream", "data"),
    ("function", "", "open"),
    ("name", "", "kLimit"),
    ("class", "", "Flags"),
    ("name", "", "kNone"),
    ("function", "StreamTest", "ReadsNothing"),
]


def find(name: str) -> Definition:
    found = [one for one in find_definitions("cpp", SOURCE) if one.name == name]
    return next((one for one in found if one.role != "name"), found[0])


def test_cpp_definitions_have_role_scope_and_name() -> None:
    found = find_definitions("cpp", SOURCE)
    assert [(one.role, one.scope, one.name) for one in found] == EXPECTED


def test_cpp_definitions_carry_signature_and_documentation() -> None:
    assert (find("Stream").signature, find("Stream").documentation) == (
        "class MYLIB_API Stream final : public Base<T>",
        "A stream.",
    )
    assert (find("open").signature, find("open").documentation) == ("void open(const char* host)", "Opens.")
    assert (find("peek").signature, find("peek").documentation) == ("int Stream<T>::peek(int at) const", "")
