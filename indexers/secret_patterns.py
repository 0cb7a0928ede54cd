"""The published formats of tokens and keys, and the search for them in a text.

The search has two steps. A screen finds the few places where a format's first bytes stand, at the speed of
`bytes.translate`; a regular expression looks only at the lines around them, so that clean text costs almost nothing.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

PRIVATE_KEY_KIND = "private-key"
URL_PASSWORD_KIND = "url-password"  # noqa: S105


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Where a token stands, half-open, and what issued it."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class TokenFormat:
    """One issuer's format. `anchor` is three to six bytes that every match starts with; `[..]` is one of several.

    `regex` is tried at the anchor and may mark the value by a group `v`; without one the whole match is the value.
    """

    kind: str
    anchor: str
    regex: str


_ANCHOR_BYTES = 6

_WORD = r"[A-Za-z0-9_\-]"
_START = r"(?:(?<![A-Za-z0-9_\-])|(?<=\\[nrt]))"
"""Not inside a longer word; an escape such as `\\n` in a string literal ends a word too."""

_URL_LOGIN = r"(?P<v>[^\s/:@\"'`<>{}$()\[\]|,;\\*]{3,120})@[A-Za-z0-9\[{$%<]"
_GITLAB = rf"gl(?:pat|ptt|dt|rt|ft|cbt|soat)-{_WORD}{{20,}}(?:\.[\w.\-]+)?"
_SLACK_WEBHOOK = r"(?<=hooks\.)slack\.com/(?:services|workflows|triggers)/(?P<v>[A-Za-z0-9/]{20,})"
_ASSIGNED = (
    r"(?:\\?[\"'\])>]){0,3}[ \t]{0,9}(?::[ \t]{0,3}[A-Za-z_.\[\]]{1,30}[ \t]{0,9}(?==))?"
    r"(?:=>|[:=,(])?[ \t]{0,9}(?:\\?[\"'`])?"
)
"""From the end of a name to its value, in the spellings of configuration files, languages with or without a type,
XML, and code inside a JSON string."""

_AWS_SECRET = _ASSIGNED + r"(?P<v>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])"

TOKEN_FORMATS: tuple[TokenFormat, ...] = (
    TokenFormat(URL_PASSWORD_KIND, "://", r"://[^\s/:@\"'`<>{}$%()\[\]|,;\\]{0,80}:" + _URL_LOGIN),
    TokenFormat("json-web-token", "eyJ", _START + rf"eyJ{_WORD}{{8,}}\.eyJ{_WORD}{{8,}}\.{_WORD}{{10,}}"),
    TokenFormat("sendgrid-key", "SG.", _START + rf"SG\.{_WORD}{{16,32}}\.{_WORD}{{16,64}}"),
    TokenFormat("huggingface-token", "hf_", _START + r"hf_[A-Za-z0-9]{30,}"),
    TokenFormat("aws-access-key-id", "A[KSBC][IC]A", _START + r"A(?:KI|SI|BI|CC)A[A-Z0-9]{16}(?![A-Za-z0-9])"),
    TokenFormat("aws-secret-key", "t_acce", r"(?<=secre)t_access_key" + _AWS_SECRET),
    TokenFormat("aws-secret-key", "T_ACCE", r"(?<=SECRE)T_ACCESS_KEY" + _AWS_SECRET),
    TokenFormat("aws-secret-key", "tAcces", r"(?<=ecre)tAccessKey" + _AWS_SECRET),
    TokenFormat("github-token", "gh[pousr]_", _START + r"gh[pousr]_[A-Za-z0-9]{36,255}"),
    TokenFormat("github-token", "github", _START + r"github_pat_[A-Za-z0-9_]{22,255}"),
    TokenFormat("gitlab-token", "gl[pdrfcs][arotb]", _START + _GITLAB),
    TokenFormat("slack-token", "xox[abceoprs][-.]", _START + r"xox[abceoprs](?:\.xox[bp])?-[0-9A-Za-z\-]{10,}"),
    TokenFormat("slack-token", "xapp-", _START + r"xapp-\d-[0-9A-Za-z\-]{10,}"),
    TokenFormat("slack-webhook", "slack.", _SLACK_WEBHOOK),
    TokenFormat("stripe-key", "[sr]k_[tlp][eir]", _START + r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,}"),
    TokenFormat("stripe-key", "whsec_", _START + r"whsec_[A-Za-z0-9+/=]{32,}"),
    TokenFormat("google-api-key", "AIza", _START + rf"AIza{_WORD}{{35}}(?!{_WORD})"),
    TokenFormat("google-oauth-secret", "GOCSPX", _START + rf"GOCSPX-{_WORD}{{28}}"),
    TokenFormat("google-oauth-token", "ya29.", _START + rf"ya29\.{_WORD}{{20,}}"),
    TokenFormat("anthropic-key", "sk-ant", _START + rf"sk-ant-{_WORD}{{24,}}"),
    TokenFormat("openai-key", "sk-[psa][rvd]", _START + rf"sk-(?:proj|svcacct|admin)-{_WORD}{{20,}}"),
    TokenFormat("openai-key", "sk-[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9]", _START + rf"sk-[A-Za-z0-9]{{32,}}(?!{_WORD})"),
    TokenFormat("npm-token", "npm_", _START + r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    TokenFormat("pypi-token", "pypi-A", _START + rf"pypi-Ag{_WORD}{{40,}}"),
    TokenFormat("twilio-key", "SK[0-9a-f][0-9a-f][0-9a-f][0-9a-f]", _START + rf"SK[0-9a-f]{{32}}(?!{_WORD})"),
    TokenFormat("telegram-token", "[0-9]:AA", rf"(?<=[0-9]{{7}})[0-9]:(?P<v>AA{_WORD}{{33}})(?!{_WORD})"),
    TokenFormat("azure-key", "Accoun", r"AccountKey=(?P<v>[A-Za-z0-9+/]{40,}={0,2})"),
    TokenFormat("azure-key", "Shared", r"SharedAccessKey=(?P<v>[A-Za-z0-9+/]{40,}={0,2})"),
    TokenFormat("digitalocean-token", "do[opr]_v1", _START + r"do[opr]_v1_[0-9a-f]{64}"),
    TokenFormat("shopify-token", "shp[acps][ats]_", _START + r"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}"),
    TokenFormat("docker-token", "dckr_[po]", _START + rf"dckr_(?:pat|oat)_{_WORD}{{27,}}"),
    TokenFormat("databricks-token", "dapi[0-9a-f][0-9a-f]", _START + r"dapi[0-9a-f]{32}(?:-\d)?(?![A-Za-z0-9])"),
    TokenFormat("grafana-token", "glsa_", _START + r"glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    TokenFormat("vault-token", "hv[sb].", _START + rf"hv[sb]\.{_WORD}{{24,}}"),
    TokenFormat("atlassian-token", "ATATT3", _START + r"ATATT3[A-Za-z0-9_\-=]{100,}"),
    TokenFormat("age-secret-key", "AGE-SE", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    TokenFormat("rubygems-token", "rubyge", _START + r"rubygems_[0-9a-f]{48}"),
    TokenFormat("groq-key", "gsk_", _START + r"gsk_[A-Za-z0-9]{40,}"),
    TokenFormat("linear-key", "lin_ap", _START + r"lin_api_[A-Za-z0-9]{40}"),
    TokenFormat("mailgun-key", "key-[0-9a-f][0-9a-f]", _START + r"key-[0-9a-f]{32}(?![A-Za-z0-9])"),
)

_PLACEHOLDERS = frozenset(
    b"password passwd passphrase pass pwd pw secret token user username key apikey changeme example mypassword "
    b"your-password yourpassword your_password my-password my_password %s %d xxx xxxx xxxxx xxxxxx".split()
)
"""Passwords of examples; nothing is kept from anyone by hiding them."""

_PEM_HEADER = b"-----BEGIN "

_PEM_GAP = rb"(?:\\[nr]|[\s\"'`+,\\;()])"

_PEM_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]{0,40})PRIVATE KEY(?P<block> BLOCK)?-----"
    rb"(?:(?P<body>(?:(?!-----(?:BEGIN|END) )[\x00-\xff]){1,32768}?)-----END (?P=label)PRIVATE KEY(?: BLOCK)?-----"
    rb"|(?P<rest>" + _PEM_GAP + rb"*+(?:[A-Za-z-]{3,20}: [^\n]{0,200}\n\s*)*[A-Za-z0-9+/]{24,}={0,2}"
    rb"(?:" + _PEM_GAP + rb"++[A-Za-z0-9+/]{24,}={0,2})*(?:(?:\s+|\\n)[A-Za-z0-9+/]{2,}={0,2}(?=[\s\"'`\\]|\Z))?))"
)
"""A key up to its footer; where that is missing, as far as the lines of key material reach."""

_KEY_MATERIAL = re.compile(rb"[A-Za-z0-9+/]{24}")
"""A header and a footer without such a run between them are code that talks about keys."""


@dataclass(frozen=True, slots=True)
class _Screen:
    """Which bytes may stand at which place of an anchor."""

    coarse: tuple[bytes, bytes, bytes]
    """For the first three places; each bit of a value stands for several formats, so that some hits are false."""
    exact: npt.NDArray[np.uint64]
    """`[place, byte]`, one bit a format."""
    formats: tuple[tuple[str, re.Pattern[bytes]], ...]
    """Kind and expression, by bit."""


def find_tokens(data: bytes) -> list[TokenSpan]:
    """Return the tokens and embedded private keys of a UTF-8 text, in order, without overlaps."""
    spans = _find_private_keys(data) if _PEM_HEADER in data else []
    screen = _screen()
    for place, formats in _find_anchors(data, screen):
        for bit in range(formats.bit_length()):
            if formats >> bit & 1:
                kind, regex = screen.formats[bit]
                match = regex.match(data, place)
                if match is not None and not (kind == URL_PASSWORD_KIND and _is_placeholder(match)):
                    spans.append(TokenSpan(*match.span(match.lastgroup or 0), kind))
    return _drop_overlaps(spans) if spans else spans


def _is_placeholder(match: re.Match[bytes]) -> bool:
    user, password = match[0][3:].partition(b":")[0], match["v"]
    return password.lower() in _PLACEHOLDERS or password == user or not password.strip(b".xX")


def _find_private_keys(data: bytes) -> list[TokenSpan]:
    return [
        TokenSpan(match.start(), match.end(), PRIVATE_KEY_KIND)
        for match in _PEM_BLOCK.finditer(data)
        if _KEY_MATERIAL.search(match.group("body") or match.group("rest"))
    ]


def _drop_overlaps(spans: list[TokenSpan]) -> list[TokenSpan]:
    """Keep, of spans that overlap, the one that starts first and reaches furthest."""
    kept: list[TokenSpan] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            kept.append(TokenSpan(kept[-1].end, span.end, span.kind))
    return kept


def _find_anchors(data: bytes, screen: _Screen) -> list[tuple[int, int]]:
    """Return the places where an anchor stands, each with the formats it may belong to as a set of bits."""
    if len(data) < 3:
        return []
    first, second, third = (np.frombuffer(data.translate(table), dtype=np.uint8) for table in screen.coarse)
    buckets = first[:-2] & second[1:-1]
    buckets &= third[2:]
    places = np.flatnonzero(buckets)
    if len(places) == 0:
        return []
    padded = np.frombuffer(data + bytes(_ANCHOR_BYTES), dtype=np.uint8)
    formats = screen.exact[0, padded[places]]
    for offset in range(1, _ANCHOR_BYTES):
        formats &= screen.exact[offset, padded[places + offset]]
    is_hit = formats != 0
    return list(zip(places[is_hit].tolist(), formats[is_hit].tolist(), strict=True))


@lru_cache(maxsize=1)
def _screen() -> _Screen:
    exact = np.zeros((_ANCHOR_BYTES, 256), dtype=np.uint64)
    coarse = np.zeros((3, 256), dtype=np.uint8)
    for number, token_format in enumerate(TOKEN_FORMATS):
        members = _parse_anchor(token_format.anchor)
        members += [bytes(range(256))] * (_ANCHOR_BYTES - len(members))
        for offset, accepted in enumerate(members):
            exact[offset, list(accepted)] |= np.uint64(1 << number)
            if offset < 3:
                coarse[offset, list(accepted)] |= np.uint8(1 << (number % 8))
    first, second, third = (row.tobytes() for row in coarse)
    compiled = tuple((one.kind, re.compile(one.regex.encode())) for one in TOKEN_FORMATS)
    return _Screen((first, second, third), exact, compiled)


def _parse_anchor(anchor: str) -> list[bytes]:
    """Split an anchor into the sets of bytes that may stand at each place."""
    sets = []
    for part in re.findall(r"\[[^\]]+\]|.", anchor):
        accepted = re.compile((part if part.startswith("[") else re.escape(part)).encode())
        sets.append(bytes(byte for byte in range(256) if accepted.fullmatch(bytes([byte]))))
    return sets
