"""Tells text that was pasted from what was asked: messages of a program (errors, logs, stack traces) and code.

Says no wherever a question could be meant: what stays words is found all the same. Knows strings only.
"""

import re
from typing import Literal

_ASKED = re.compile(r"(?i)\s*(?:how|where|what|why|which|when|who|does|do|is|are|can|find|show|list)\b|.*\?\s*\Z")
_TRACE = re.compile(
    r"""(?mx)
    ^Traceback[ ]\(most[ ]recent[ ]call[ ]last\) | ^goroutine[ ]\d+[ ]\[ | ^stack[ ]backtrace:
    | ^[ \t]*File[ ]"[^"\n]+",[ ]line[ ]\d+             # Python
    | ^[ \t]*at[ ]\S.*[:(]\d+\)?[ \t]*$ | ^[ \t]*at[ ]\S+\(.*\)[ \t]*$   # JavaScript, Java, C#, Rust
    | ^[ \t]*(?:from[ ])?\S+:\d+:in[ ][`'] | ^[ \t]*\#\d+[ ]+0x[0-9a-f]+[ ]in[ ] | ^[ \t]*\S+\.go:\d+[ ]\+0x
    """
)
_LABEL = re.compile(
    r"""(?x)\s*(?:
    (?:[\w$]+(?:\.|::|\\))*(?:[A-Z]\w*(?:Error|Exception|Warning|Failure|Fault|Panic)|Error|Exception)
        (?:\[\w+\])?(?:[ ]\([^()]*\))?:[ ]?\S
    | (?:panic|fatal(?:[ ]error)?|error|warning|ERROR|FATAL|WARNING|Fatal[ ]error|Uncaught)(?:\[\w+\])?:[ ]\S
    | \*\*[ ]\([\w.]+\)[ ]\S
    | thread[ ]'[^']*'[ ].*panicked[ ]at
    | [\[(]?\d{4}-\d\d-\d\d[T ]\d\d:\d\d | \[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|CRITICAL)\]?[: ]\s*\S+\s+\S
    )"""
)
_FAILURE = re.compile(
    r"(?i)\s*(?:failed to|cannot|can't|could not|couldn't|unable to|unexpected|invalid|no such|unknown|missing)\s"
)
_VARIABLE = re.compile(
    r"""(?x)
    (?P<quote>["'`])(?:\\.|(?!(?P=quote))[^\\\n]){1,200}?(?P=quote)(?!\w)      # a value
    | (?<![\w.~-])(?:[A-Za-z]:)?(?:[\w.~-]*[/\\])+[\w.~-]+(?::\d+)*         # a path, perhaps with a line
    | (?<![\w-])[\w-]+\.[A-Za-z]{1,4}:\d+(?::\d+)?                              # a file with a line
    | \b0[xX][0-9a-fA-F]+\b | \b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b
    | (?<![\w.])-?\d[\d.,:_T-]*\w*                                       # a number, an address, a time
    """
)
_STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`\n]*`""")
_PROSE = re.compile(r"(?:\b[A-Za-z]+,? ){3}[A-Za-z]+\b")
_CODE_LINE = re.compile(
    r"""(?x)
    .*[;{}]\s*$ | \s*[)}\]]+[\s;,]*$ | .*[(\[,]\s*$                       # how lines of code end
    | .*[\w)\]][ ](?:[-+*/|&.:?]|<<|>>)?=[ ]\S | .*(?:=>|&&|\|\||->|::|==|!=|:=)
    | \s*[\w.:@$!>-]+[(\[].*[)\]][;,:]?\s*$ | \s*(?://|\#include|\#define|/\*|\*/|@\w+\s*(?:\(|$))
    | \s*(?:return|import|from|def|func|fn|class|if|elif|else|for|while|try|except|end|do|case|switch|let|const|var)\b
      (?:.*[:({;)]|(?:[ ]\S+){0,2})\s*$
    """
)
_MARKS = (
    re.compile(r";\s*$|;\s*\}|[{]\s*$|\}\s*$|^\s*\}"),
    re.compile(r"[\w)\]] (?:[-+*/|&.:?]|<<|>>)?= \S|:="),
    re.compile(r"==|!=|<=|>=|&&|\|\||=>|\+\+"),
)
"""What stands between names in code and hardly in prose: ends of statements, assignments, comparisons."""

_CALL = re.compile(r"\w[(\[]")
_DEFINED = re.compile(
    r"\b(?:class|struct|interface|trait|enum|protocol|module|defmodule|def|defp|fn|func|fun|function)\s+"
    r"(?:\([^()]*\)\s*)?(?:self\.)?(?P<name>[^\W\d][\w.]*[!?]?)"
)
_FRAME = re.compile(
    r"""(?mx)
    ^[ \t]*File[ ]"[^"\n]+",[ ]line[ ]\d+,[ ]in[ ](?P<python>\w+)
    | ^[ \t]*at[ ](?:new[ ]|async[ ])?(?P<at>[\w$.:]+)[ ]?\(
    | :\d+:in[ ][`'](?:[^'\n]*[ #.])?(?P<ruby>\w+[!?]?)'
    """
)

CODE_SHARE = 0.6
"""Lines that must look like code for a text of several lines to be code: a commit message lists a call or two."""


def find_literal_shape(text: str) -> Literal["message", "snippet"] | None:
    """Say whether `text` was pasted from a program's output or from code; None for what a person wrote."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _TRACE.search(text):
        return "message"
    if _LABEL.match(text) and not text.rstrip().endswith("?"):
        return "message"
    if len(lines) > 1:
        n_code = sum(_CODE_LINE.match(line) is not None for line in lines)
        return "snippet" if n_code >= CODE_SHARE * len(lines) else None
    if _ASKED.match(text):
        return None
    if _FAILURE.match(text) and (": " in text or _VARIABLE.search(text)):
        return "message"
    return "snippet" if _is_code(text) else None


def split_variables(message: str) -> tuple[str, str]:
    """Return the fixed words of a message, and what differs from run to run: values, paths, numbers, addresses."""
    variables = " ".join(match[0] for match in _VARIABLE.finditer(message))
    return _VARIABLE.sub(" ", message), variables


def find_frames(message: str) -> tuple[str, ...]:
    """Return the functions that a stack trace names, in order."""
    return tuple(dict.fromkeys(match[match.lastgroup or 0].rstrip(".:") for match in _FRAME.finditer(message)))


def find_defined(snippet: str) -> tuple[str, ...]:
    """Return the names that a piece of code defines, in order."""
    return tuple(dict.fromkeys(match["name"] for match in _DEFINED.finditer(snippet)))


def _is_code(line: str) -> bool:
    """Say whether the punctuation of one line shows code: two kinds of marks outside of strings, and no prose."""
    bare = _STRING.sub("", line)
    n_marks = sum(mark.search(bare) is not None for mark in _MARKS)
    return n_marks > 0 and n_marks + (_CALL.search(bare) is not None) > 1 and not _PROSE.search(bare)
