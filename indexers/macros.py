"""C and C++ sources as their parser should see them: without the macros that only decorate a declaration.

The grammars parse what stands in the file, before any preprocessor. A macro such as `MYLIB_API` or `BEGIN_NAMESPACE`
makes them take a class for a function, or lose the rest of the file. Such macros become blanks of the same length, so
that byte offsets stay true. Knows naming habits, no macro of any library.
"""

import re

MACRO = rb"[A-Z][A-Z0-9]*_[A-Z0-9_]*"
ARGUMENTS = rb"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"

CLASS_HEAD = re.compile(
    rb"\b(?:class|struct|union)[ \t]+((?:[A-Z][A-Z0-9_]{3,}(?:\([^()\n]*\))?[ \t]+)+)"
    rb"(?=[A-Za-z_]\w*[ \t]*(?:final\s*)?[:{\n])"
)
"""`class MYLIB_API Reader : public Stream {`: the macro between keyword and name."""

BEFORE_KEYWORD = re.compile(
    rb"\b((?:[A-Z][A-Z0-9_]{3,}(?:\([^()\n]*\))?[ \t]+)+)"
    rb"(?=(?:void|bool|char|short|int|long|float|double|unsigned|signed|auto|class|struct|enum|explicit|virtual|static"
    rb"|inline|constexpr|template|typename|friend|operator|const|size_t|u?int\d+_t|std::)\b)"
)
"""`MYLIB_API void read(...)`: no name of a type can stand before these words."""

BEFORE_NAME = re.compile(
    rb"\b((?:[A-Z][A-Z0-9_]*(?:API|EXPORT|EXTERN|INLINE|CONSTEXPR|NODISCARD|DEPRECATED|PUBLIC)[A-Z0-9_]*[ \t]+)+)"
    rb"(?=[A-Za-z_~:])"
)
"""`MYLIB_EXPORT stream_t open(...)`: told from a type by the habits of naming such macros."""

AFTER_PARAMETERS = re.compile(rb"(?<=[)\w])\s*[ \t](" + MACRO + rb"(?:" + ARGUMENTS + rb")?)(?=\s*\{)")
"""`void run() GUARDED_BY(lock) {`"""

CONDITION = re.compile(rb"\bif[ \t]+([A-Z][A-Z0-9_]{3,}[ \t]*)(?=\()")
"""`if MYLIB_CONSTEXPR (...)`"""

PARAMETER = re.compile(rb"(?<=[<,\s])([A-Z][A-Z0-9_]*_IF" + ARGUMENTS + rb")(?=\s*[,>])")
"""`template <typename T, MYLIB_ENABLE_IF(is_integral<T>())>`"""

ON_A_LINE = rb"[ \t]*" + MACRO + rb"(?:\([^()\n]*\))?[ \t]*\r?$"
ALONE = re.compile(rb"^(" + ON_A_LINE + rb"(?:\n" + ON_A_LINE + rb")*)", re.MULTILINE)
"""`MYLIB_BEGIN_NAMESPACE` on a line of its own, or several such lines."""


OPERATORS_BEFORE = (b",", b"=", b"(", b"|", b"&", b"+", b"?", b"\\")
OPERATORS_AFTER = (b"{", b"(", b",", b"|", b"&", b"+", b"?", b"=", b":")


def blank_macros(data: bytes) -> bytes:
    """Return the source with decorating macros blanked; the same length, the same line breaks."""
    for pattern in (CLASS_HEAD, BEFORE_KEYWORD, BEFORE_NAME, AFTER_PARAMETERS, CONDITION):
        data = pattern.sub(_blank, data)
    return ALONE.sub(_blank_alone, PARAMETER.sub(_stand_in, data))


def _blank(match: re.Match[bytes]) -> bytes:
    """Blank the macro, unless a directive (`#define MYLIB_API extern`) is about it."""
    source = match.string
    if source[source.rfind(b"\n", 0, match.start(1)) + 1 : match.start(1)].lstrip().startswith(b"#"):
        return match[0]
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    text = match[0]
    return text[:start] + re.sub(rb"[^\n]", b" ", text[start:end]) + text[end:]


def _stand_in(match: re.Match[bytes]) -> bytes:
    """A template parameter must stay one."""
    return b"class" + re.sub(rb"[^\n]", b" ", match[1][5:])


def _blank_alone(match: re.Match[bytes]) -> bytes:
    """Keep what may be an enumerator, an operand, or the head of a body."""
    before = match.string[max(0, match.start() - 200) : match.start()].rstrip()
    after = match.string[match.end() : match.end() + 200].lstrip()
    is_operand = before.endswith(OPERATORS_BEFORE) or after.startswith(OPERATORS_AFTER)
    is_last_enumerator = after[:1] == b"}" and not before.endswith((b"{", b";"))
    return match[0] if is_operand or is_last_enumerator else _blank(match)
