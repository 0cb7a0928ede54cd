"""What a server said when it refused, fit to be shown: found in its answer, without our text and key, with advice.

Servers differ in where the message stands (vLLM, llama.cpp and OpenAI: `error.message`; Ollama: `error`; Text
Embeddings Inference: `message`; FastAPI: `detail`), and some repeat what they were sent.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_MESSAGE = 300
"""Characters of a server's message that are shown."""

SHARED_RUN = 12
"""Characters in a row that a message and a text that was sent must not share."""

_LENGTH_ADVICE = (
    "raise its context (--max-model-len of vLLM, --ctx-size with --ubatch-size of llama.cpp, num_ctx of Ollama),"
    " or set max_tokens in the configuration"
)

DIMENSIONS_ADVICE = (
    "leave dimensions out of the configuration: vectors are then cut here; or let the server do it"
    """ (vLLM: --hf-overrides '{"is_matryoshka": true}')"""
)

_BY_MESSAGE = (
    (re.compile(r"matryoshka|dimensions", re.IGNORECASE), DIMENSIONS_ADVICE),
    (re.compile(r"\bnan\b|not JSON compliant|\binf\b", re.IGNORECASE), "serve the model in bf16 or fp32, not fp16"),
    (re.compile(r"batch size .* > maximum|batch_size|too many inputs", re.IGNORECASE), "set a smaller batch_size"),
    (
        re.compile(r"context|too (?:long|large)|exceed|maximum .*(?:length|tokens)|must have less than", re.IGNORECASE),
        _LENGTH_ADVICE,
    ),
)

HOPELESS = re.compile(r"too large to process|physical batch size|validation error", re.IGNORECASE)
"""What llama.cpp and llama-cpp-python say with status 500 of what will never fit: not worth asking again."""

_BY_STATUS = {
    401: "check the key: it is read from the environment variable that key_variable names in the configuration",
    403: "check the key: it is read from the environment variable that key_variable names in the configuration",
    404: "check the address, which mostly ends in /v1, and the name of the model",
    413: "set a smaller batch_size in the configuration",
    429: "set a smaller concurrency, or try again later",
}

_SERVER_FAULT = "look into the server's log, then try again"


@dataclass(frozen=True, slots=True)
class Hidden:
    """What must not appear in any message."""

    texts: Sequence[str] = ()
    key: str = ""


def describe_refusal(status: int, value: object, hidden: Hidden) -> str:
    """Return the status, the server's own words and what to do, in one line."""
    message = _message_of(value)
    said = clean(message, hidden)
    told = f"status {status}: {said}" if said else f"status {status}"
    return f"{told}; {_advice(status, message)}"


def is_hopeless(value: object) -> bool:
    """Return whether a server's complaint will be the same however often it is asked."""
    return HOPELESS.search(_message_of(value)) is not None


def clean(message: str, hidden: Hidden) -> str:
    """Return a message on one line, shortened, where runs that stand in a hidden text have become an ellipsis."""
    text = message.replace(hidden.key, "…") if hidden.key else message
    text = text[: 4 * MAX_MESSAGE]  # after the key is gone: half of it would not be found
    sent = "\n".join(part for text in (*hidden.texts, hidden.key) for part in (text, json.dumps(text), repr(text)))
    for whole in sorted({part.strip() for part in hidden.texts}, key=len, reverse=True):
        if len(whole) > 3:
            text = text.replace(whole, "…")
    is_shared = [False] * len(text)
    for start in range(len(text) - SHARED_RUN + 1):
        if text[start : start + SHARED_RUN] in sent:
            is_shared[start : start + SHARED_RUN] = [True] * SHARED_RUN
    kept = "".join("\0" if shared else letter for letter, shared in zip(text, is_shared, strict=True))
    line = " ".join(re.sub("\0+", "…", kept).split())
    printable = "".join(letter if letter.isprintable() else "?" for letter in line)
    return printable if len(printable) <= MAX_MESSAGE else f"{printable[: MAX_MESSAGE - 1]}…"


def _message_of(value: object) -> str:
    match value:
        case {"error": {"message": str(message)}} | {"error": str(message)}:
            return message
        case {"message": str(message)} | {"detail": str(message)}:
            return message
        case {"detail": [*problems]}:
            return "; ".join(
                str(problem["msg"]) for problem in problems if isinstance(problem, dict) and "msg" in problem
            )
        case str(message):
            return message
        case _:
            return ""


def _advice(status: int, message: str) -> str:
    if status in (401, 403):
        return _BY_STATUS[status]
    for pattern, advice in _BY_MESSAGE:
        if pattern.search(message):
            return advice
    return _BY_STATUS.get(status, _SERVER_FAULT)
