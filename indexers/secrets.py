"""Finds what must not be kept: files that are secrets as a whole, and tokens inside other files.

Values leave no trace: a token is overwritten by a mark of the same byte length, and only its line and kind are told.
The formats are those that the issuers publish; each is tied to its prefix, so that ordinary code raises no alarm.
"""

import re
from dataclasses import dataclass

from indexers.secret_patterns import find_tokens
from indexers.types import Secret

_LISTED_NAMES = """
id_rsa id_dsa id_ecdsa id_ecdsa_sk id_ed25519 id_ed25519_sk .netrc _netrc .pypirc .git-credentials
.pgpass pgpass.conf .htpasswd .dockercfg .my.cnf .s3cfg .boto .vault-token .vault_pass
.vault_pass.txt credentials.db access_tokens.db application_default_credentials.json
credentials.tfrc.json .terraformrc terraform.rc master.key .rediscli_auth .mylogin.cnf
"""
_NAMES = frozenset(_LISTED_NAMES.split())

_SECRET_PATHS = re.compile(
    r"(?:^|/)(?:\.aws/(?:credentials|config)|\.azure/(?:accesstokens|msal_token_cache)\.json|\.docker/config\.json"
    r"|\.kube/config|gcloud/legacy_credentials/.*|\.cargo/credentials(?:\.toml)?|\.gem/credentials"
    r"|\.config/gh/hosts\.yml|\.gnupg/.*\.(?:key|gpg))$"
)

_KEYSTORES = (".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".kdb", ".bks", ".ppk", ".pkcs12", ".agilekeychain")

_STATES = (".tfstate", ".tfstate.backup")
"""Terraform writes every password that it has set into them."""

_ENV_TEMPLATES = (".example", ".sample", ".template", ".dist", ".defaults")

_KEY_FILES = (".pem", ".key", ".p8", ".asc")
"""Files of keys and certificates: a private key anywhere in them makes the whole file a secret."""

_PRIVATE_KEY = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rb"|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----|PuTTY-User-Key-File-\d:"
)

_NPM_TOKEN = re.compile(rb"^[^#;\n]*(?:_authToken|_auth|_password)\s*=\s*(?!\$\{)\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its tokens, of the same length, and where they stood."""

    data: bytes
    secrets: tuple[Secret, ...]


def is_secret_name(path: str) -> bool:
    """Tell whether a file is a secret by its name."""
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    if name.startswith(".env"):
        return not name.endswith(_ENV_TEMPLATES)
    return name in _NAMES or name.endswith((*_KEYSTORES, *_STATES)) or _SECRET_PATHS.search(lowered) is not None


def is_secret_content(path: str, data: bytes) -> bool:
    """Tell whether a file is a secret by its header, or by what a file of its name may hold."""
    name = path.rpartition("/")[2].lower()
    if name == ".npmrc" and _NPM_TOKEN.search(data):
        return True
    if name.endswith(_KEY_FILES) and _PRIVATE_KEY.search(data):
        return True
    return _PRIVATE_KEY.match(data.removeprefix(b"\xef\xbb\xbf").lstrip()) is not None


def redact(data: bytes) -> Redacted:
    """Overwrite every token and embedded private key of a UTF-8 text by a mark of the same byte length."""
    tokens = find_tokens(data)
    if not tokens:
        return Redacted(data, ())
    parts: list[bytes] = []
    secrets: list[Secret] = []
    end = line = 0
    for token in tokens:
        line += data.count(b"\n", end, token.start)
        parts += [data[end : token.start], make_mark(data[token.start : token.end], token.kind)]
        secrets.append(Secret(line + 1, token.kind))
        line += data.count(b"\n", token.start, token.end)
        end = token.end
    parts.append(data[end:])
    return Redacted(b"".join(parts), tuple(secrets))


def make_mark(value: bytes, kind: str) -> bytes:
    """Return `[kind]` and asterisks over the length of the value; its line ends stay where they are."""
    mark = f"[{kind}]".encode()
    lines = value.split(b"\n")
    masked = [mark[: len(lines[0])].ljust(len(lines[0]), b"*")]
    masked += [b"\r".rjust(len(line), b"*") if line.endswith(b"\r") else b"*" * len(line) for line in lines[1:]]
    if lines[0].endswith(b"\r"):
        masked[0] = masked[0][:-1] + b"\r"
    return b"\n".join(masked)
