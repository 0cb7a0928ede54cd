"""Secrets: files that are one, tokens that are masked, and code that raises no alarm.

The tokens are put together here from parts, so that no scanner mistakes this file for a leak.
"""

import re
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.secret_formats import TOKEN_FORMATS
from indexers.secret_patterns import find_tokens
from indexers.secrets import is_secret_content, is_secret_name, make_mark, redact

ALNUM = "Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zC"
HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def letters(n: int) -> str:
    return (ALNUM * 8)[:n]


def hexes(n: int) -> str:
    return (HEX * 8)[:n]


TOKENS: dict[str, tuple[str, str]] = {
    "AWS key id": ("aws-access-key-id", "AKIA" + "Z2Y3X4W5V6U7T2S3"),
    "AWS session key id": ("aws-access-key-id", "ASIA" + "Z2Y3X4W5V6U7T2S3"),
    "GitHub personal": ("github-token", "ghp_" + letters(36)),
    "GitHub OAuth": ("github-token", "gho_" + letters(36)),
    "GitHub app": ("github-token", "ghs_" + letters(36)),
    "GitHub refresh": ("github-token", "ghr_" + letters(76)),
    "GitHub fine-grained": ("github-token", "github_pat_" + letters(22) + "_" + letters(59)),
    "GitLab": ("gitlab-token", "glpat-" + "x_-" + letters(17)),
    "Slack bot": ("slack-token", "xoxb-" + "123456789012-" + letters(24)),
    "Slack user": ("slack-token", "xoxp-" + "1234567890-" + letters(24)),
    "Slack app": ("slack-token", "xapp-" + "1-A012-" + letters(24)),
    "Stripe": ("stripe-key", "sk_live_" + letters(24)),
    "Stripe restricted": ("stripe-key", "rk_live_" + letters(24)),
    "Google": ("google-api-key", "AIza" + letters(30) + "_-abc"),
    "OpenAI project": ("openai-key", "sk-proj-" + letters(48)),
    "OpenAI": ("openai-key", "sk-" + letters(48)),
    "Anthropic": ("anthropic-key", "sk-ant-" + "api03-" + letters(93) + "AA"),
    "npm": ("npm-token", "npm_" + letters(36)),
    "PyPI": ("pypi-token", "pypi-" + "AgEIcHlwaS5vcmc" + letters(120)),
    "SendGrid": ("sendgrid-key", "SG." + letters(22) + "." + letters(43)),
    "Twilio": ("twilio-key", "SK" + hexes(32)),
    "JWT": ("json-web-token", "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0In0." + letters(43)),
    "Hugging Face": ("huggingface-token", "hf_" + letters(34)),
    "DigitalOcean": ("digitalocean-token", "dop_v1_" + hexes(64)),
    "Shopify": ("shopify-token", "shpat_" + hexes(32)),
    "Docker Hub": ("docker-token", "dckr_pat_" + letters(27)),
    "Databricks": ("databricks-token", "dapi" + hexes(32)),
    "Vault": ("vault-token", "hvs." + letters(90)),
    "Azure": ("azure-secret", ""),
}
del TOKENS["Azure"]

AROUND = [
    "{}",
    "key = '{}'",
    'print("{}")',
    "token={}&x=1",
    "Authorization: Bearer {}\n",
    "<a>{}</a>",
    "a\\n{}\\n",
    "é{}é",
]


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_masked_wherever_it_stands(name: str) -> None:
    kind, token = TOKENS[name]
    for frame in AROUND:
        text = frame.format(token).encode()
        redacted = redact(text)
        assert [secret.kind for secret in redacted.secrets] == [kind], frame
        assert redacted.data == text.replace(token.encode(), make_mark(token.encode(), kind))


INNER: dict[str, tuple[str, str, str]] = {
    "URL login": ("url-password", "postgres://admin:{}@db.example.org/x", "hunter2!"),
    "URL without user": ("url-password", "redis://:{}@cache:6379", "s3cr3t"),
    "AWS environment": ("aws-secret-key", "AWS_SECRET_ACCESS_KEY={}", letters(38) + "/+"),
    "AWS profile": ("aws-secret-key", "aws_secret_access_key = {}\n", letters(38) + "/+"),
    "AWS JSON": ("aws-secret-key", '"SecretAccessKey": "{}",', letters(38) + "/+"),
    "AWS code": ("aws-secret-key", "secretAccessKey: '{}'", letters(40)),
    "Azure storage": ("azure-key", "AccountName=a;AccountKey={};EndpointSuffix=x", letters(86) + "=="),
    "Azure bus": ("azure-key", "SharedAccessKeyName=r;SharedAccessKey={}", letters(43) + "="),
    "Telegram": ("telegram-token", "https://api.telegram.org/bot123456789:{}/getMe", "AA" + letters(33)),
    "Slack webhook": ("slack-webhook", "https://hooks.slack.com/services/{}", "T0AB/B0CD/" + letters(24)),
}


NAMED = [
    ("password", "password = '{}'"),
    ("password", 'PASSWD="{}"\n'),
    ("password", "pwd: {}\n"),
    ("password", "export DB_PASSWORD={}\n"),
    ("password", '"dbPassword": "{}",'),
    ("password", "db.pass={}\n"),
    ("password", "passphrase => '{}'"),
    ("password", "curl -s -u deploy:{} https://example.org"),
    ("password", "curl https://example.org --user 'deploy:{}'"),
    ("secret-key", "private_key = '{}'"),
    ("secret-key", "credentials: {}\n"),
    ("secret-key", "ACCESS_KEY={}\n"),
    ("secret-key", "encryptionKey: str = '{}'"),
    ("bearer-token", "bearer = '{}'"),
]


@pytest.mark.parametrize("value", [letters(20), letters(32), hexes(32), hexes(64)])
@pytest.mark.parametrize(("kind", "frame"), NAMED)
def test_a_random_value_behind_the_name_of_a_secret_is_masked(kind: str, frame: str, value: str) -> None:
    redacted = redact(frame.format(value).encode())
    assert redacted.data == frame.encode().replace(b"{}", make_mark(value.encode(), kind))
    assert [secret.kind for secret in redacted.secrets] == [kind]


@pytest.mark.parametrize("name", INNER)
def test_of_an_assignment_only_the_value_is_masked(name: str) -> None:
    kind, frame, value = INNER[name]
    before, _, after = frame.partition("{}")
    redacted = redact(frame.format(value).encode())
    assert redacted.data == before.encode() + make_mark(value.encode(), kind) + after.encode()
    assert [secret.kind for secret in redacted.secrets] == [kind]


QUIET = [
    "https://user:password@example.org",
    "https://{user}:{password}@example.org",
    "https://$USER:$PASSWORD@example.org",
    "https://<user>:<password>@example.org",
    "amqp://guest:guest@localhost",
    "http://example.org:8080/path@2x.png",
    "https://example.org/a:b@c",
    'f"{scheme}://{user}:%s@{host}"',
    "git clone ssh://git@github.com:22/a.git",
    "github_pat_ is a prefix, ghp_ too, and xoxb- and AKIA",
    "class='sk-estimator-doc-link sk-estimator-doc-link-and-more-of-it-here'",
    "task-risk-disk-1234567890123456789012345678901234",
    "hf_hub_download_from_the_hugging_face_hub_with_a_long_name",
    "def ghp_something(self): npm_config_registry_url_for_everything = 1",
    "sha256:" + HEX * 2,
    "SKELETON = SKIP_THIS",
    "eyJ is how base64 of a brace begins",
    "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']",
    "key-value pairs, key-0123",
    "dapiserver = 'hvs.com'",
    "12:AAPL, 20:AA",
    "secret = client.get('projects/1234/secrets/the-name-of-a-secret/versions/5678')",
    "token_count = 12345678901234567890123456789012345",
    "api_key = configuration.credentials_of_the_first_account_2024_v1_0",
    "Authorization: Bearer YOUR_ACCESS_TOKEN_GOES_HERE_1",
    'WWW-Authenticate: Basic realm="Restricted area of 2024"',
    "a machine that shows a login page with a password field",
    "Server=db;User Id=sa;Password={0};Database=x",
    "Server=db;Password=password;Database=x",
    '{"auth": "enabled"}, {"auth": "OAuth2AuthorizationCode"}',
    "A basic S3StorageBackend that keeps blobs, and a Basic Utf8StringBuilder",
    "# basic OAuth2ClientCredentials flow, Visual Basic VB6ProjectImporter",
    "const tokenIdsForOAuth2Pkce_S256_v2_v3_roundtrip_x = 1",
    "apiKeyForTheS3Bucket_v2_of_2024_and_2025_Ab3 = find()",
    "SECRET_TOKEN_LENGTH = DEFAULT_SECRET_TOKEN_LENGTH_IN_BYTES",
    "secret_" + "a" * 43,
    "MTA" + "x" * 60,
    "EAAA is how base64 of four zeros begins",
    "LTAIs are named LTAI",
    "import square as sq0atp, pplx-online, xai-lib, r8_format, ntn_x, figd_x, npm_x, tskey-x",
    "client-certificate-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t" + "QUJD" * 30,
    "password = get_password_of_account_2024_for_S3(name)",
    "password: correct-horse-battery-staple-and-more",
    "DB_PASSWORD = os.environ['DB_PASSWORD_OF_2024_V1_X2']; passwd_file = /etc/passwd",
    "passed = test_password_Is_Kept_1_2_3_times, bypass: UPPER_CASE_NAME_1_2_3_X",
    "private_key = rsa.generate_private_key(65537, 2048); access_key = AccessKeyV4Signer2024.create()",
    "curl -u $USER:$PASSWORD https://example.org; curl -u user:pass example.org",
    "if line.startswith('-----BEGIN RSA PRIVATE KEY-----') and line.endswith('-----END RSA PRIVATE KEY-----'):",
]


@pytest.mark.parametrize("text", QUIET)
def test_ordinary_code_raises_no_alarm(text: str) -> None:
    assert redact(text.encode()).secrets == ()


@pytest.mark.parametrize("login", ["alice:Tr0ub4dor&3", "größe:paßwort9", "bob:x"])
@pytest.mark.parametrize("line", ["curl -H 'Basic {}'", "basic {}", 'h = {{"Authorization": "Basic {}"}}'])
def test_a_login_in_base64_is_masked_wherever_it_stands(login: str, line: str) -> None:
    value = b64encode(f"{login}{letters(6)}".encode()).decode()
    redacted = redact(line.format(value).encode())
    assert [secret.kind for secret in redacted.secrets] == ["basic-auth"]
    assert value.encode() not in redacted.data


def test_what_the_header_for_logins_holds_is_masked_whatever_it_decodes_to() -> None:
    value = letters(24)
    assert redact(f"'Authorization' : 'Basic {value}'".encode()).secrets != ()
    assert redact(f"Authorization:\nsee Basic {value}".encode()).secrets == ()


def key_block(label: str = "RSA ", newline: str = "\n", indent: str = "") -> str:
    lines = [
        f"-----BEGIN {label}PRIVATE KEY-----",
        letters(64),
        letters(64),
        letters(20),
        f"-----END {label}PRIVATE KEY-----",
    ]
    return newline.join(indent + line for line in lines)


@pytest.mark.parametrize(
    "block",
    [
        key_block(),
        key_block(""),
        key_block("OPENSSH "),
        key_block(newline="\r\n"),
        key_block(newline="\\n"),
        key_block(newline='\\n" +\n    "'),
        key_block(indent="    "),
        key_block().rpartition("\n")[0],
    ],
    ids=["lines", "PKCS8", "OpenSSH", "CRLF", "escaped", "concatenated", "indented", "without its end"],
)
def test_an_embedded_private_key_is_masked_and_the_rest_stays(block: str) -> None:
    text = f'import ssl\nKEY = """{block}"""\nprint(KEY)\n'.encode()
    redacted = redact(text)
    assert [(secret.line, secret.kind) for secret in redacted.secrets] == [(2, "private-key")]
    assert letters(20).encode() not in redacted.data
    assert redacted.data.startswith(b"import ssl\nKEY = ")
    assert redacted.data.endswith(b"\nprint(KEY)\n")
    assert len(redacted.data) == len(text)
    assert [at for at, byte in enumerate(redacted.data) if byte in b"\r\n"] == [
        at for at, byte in enumerate(text) if byte in b"\r\n"
    ]
    assert not is_secret_content("tests/test_ssl.py", text)


def test_a_file_that_begins_with_a_private_key_is_a_secret() -> None:
    assert is_secret_content("deploy", b"\n\n  " + key_block().encode())
    assert is_secret_content("deploy", b"PuTTY-User-Key-File-3: ssh-ed25519\n")
    assert is_secret_content("deploy", b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n")
    assert is_secret_content("deploy", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nabc\n")
    assert not is_secret_content("deploy", b"-----BEGIN CERTIFICATE-----\nabc\n")


def test_a_pem_file_is_a_secret_if_a_private_key_is_anywhere_in_it() -> None:
    certificate = b"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"
    assert is_secret_content("a.pem", certificate + key_block().encode())
    assert not is_secret_content("a.pem", certificate)


def test_an_npmrc_is_a_secret_only_with_a_token() -> None:
    assert is_secret_content(".npmrc", b"//registry.npmjs.org/:_authToken=abc\n")
    assert not is_secret_content(".npmrc", b"//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nsave-exact=true\n")


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        "a/.env.local",
        ".envrc",
        "id_rsa",
        ".ssh/id_ed25519",
        "a.p12",
        "A.PFX",
        "b.jks",
        "c.keystore",
        "d.kdbx",
        ".netrc",
        ".pypirc",
        ".aws/credentials",
        "x/.docker/config.json",
        "application_default_credentials.json",
        "infra/terraform.tfstate",
        "terraform.tfstate.backup",
    ],
)
def test_files_that_are_secrets_by_name(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        ".env.example",
        "a/.env.sample",
        ".env.template",
        "id_rsa.pub",
        "env.py",
        "credentials.py",
        ".npmrc",
        "a.pem",
        "src/aws/credentials",
        "docker/config.json",
        "keystore.py",
        ".envs/readme.md",
    ],
)
def test_files_that_are_not_secrets_by_name(name: str) -> None:
    assert not is_secret_name(name)


def test_every_format_starts_with_its_anchor() -> None:
    """The screen proposes by the anchor alone: a format whose expression does not begin there could never match."""
    for token_format in TOKEN_FORMATS:
        assert 3 <= len(re.findall(r"\[[^\]]+\]|.", token_format.anchor)) <= 6


PARTS = st.one_of(st.sampled_from([token for _, token in TOKENS.values()]), st.text(max_size=20), st.just("\n"))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(PARTS, max_size=8))
def test_redacting_keeps_length_and_lines_and_is_done_once(parts: list[str]) -> None:
    text = " ".join(parts).encode("utf-8", "replace")
    redacted = redact(text)
    assert len(redacted.data) == len(text)
    assert [at for at, byte in enumerate(text) if byte == 10] == [
        at for at, byte in enumerate(redacted.data) if byte == 10
    ]
    redacted.data.decode("utf-8")
    assert find_tokens(redacted.data) == []
    for _, token in TOKENS.values():
        if token in parts:
            assert token.encode() not in redacted.data


def test_our_own_sources_hold_no_secret() -> None:
    for path in Path(__file__).parents[2].glob("indexers/*.py"):
        assert redact(path.read_bytes()).secrets == (), path
