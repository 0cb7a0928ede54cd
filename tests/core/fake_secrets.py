"""Made-up keys of every kind that is known, put together while a test runs: no scanner finds one in this project."""

import base64
import random
import string
from dataclasses import dataclass

_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class FakeSecret:
    """A value that nobody may find again, and a line of text in which such a value stands."""

    name: str
    value: str
    line: str


class Maker:
    """Draws values. Each has digits, capitals and small letters, as a real one of such a length nearly always has."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def some(self, n: int, letters: str = _LETTERS) -> str:
        while True:
            value = "".join(self._draw.choices(letters, k=n))
            if n < 12 or sum(letter.isdigit() for letter in value[:12]) >= 2:
                return value

    def hexes(self, n: int) -> str:
        return self.some(n, _HEX)

    def base64(self, n_bytes: int) -> str:
        return base64.b64encode(self._draw.randbytes(n_bytes)).decode()

    def uuid(self) -> str:
        return "-".join(self.hexes(n) for n in (8, 4, 4, 4, 12))

    def login(self) -> str:
        return base64.b64encode(f"robot:{self.some(14)}".encode()).decode()

    def key_lines(self, n: int = 4) -> str:
        return "\\n".join([*(self.base64(48) for _ in range(n)), self.base64(20)])


def prefixed(make: Maker) -> dict[str, str]:
    """Return values that tell by their first letters whose they are."""
    jwt = ".".join(("eyJ" + make.some(30), "eyJ" + make.some(40), make.some(43)))
    return {
        "AWS key id": "AKIA" + make.some(16, string.ascii_uppercase + "234567"),
        "AWS session key id": "ASIA" + make.some(16, string.ascii_uppercase + "234567"),
        "GCP API": "AIza" + make.some(35),
        "GCP OAuth secret": "GOCSPX-" + make.some(28),
        "GCP access token": "ya29." + make.some(60),
        "GCP refresh token": "1//0" + make.some(50),
        "Azure client secret": "aB3" + "8" + "Q~" + make.some(34),
        "GitHub personal": "ghp_" + make.some(36),
        "GitHub OAuth": "gho_" + make.some(36),
        "GitHub user": "ghu_" + make.some(36),
        "GitHub app": "ghs_" + make.some(36),
        "GitHub refresh": "ghr_" + make.some(76),
        "GitHub fine-grained": "github_pat_" + make.some(22) + "_" + make.some(59),
        "GitLab personal": "glpat-" + make.some(20),
        "GitLab deploy": "gldt-" + make.some(20),
        "GitLab runner": "glrt-" + make.some(20),
        "Slack bot": "xoxb-" + "123456789012-" + make.some(24),
        "Slack user": "xoxp-" + "123456789012-" + make.some(24),
        "Slack app": "xapp-" + "1-A012-" + make.some(30),
        "Stripe secret": "sk_live_" + make.some(24),
        "Stripe restricted": "rk_live_" + make.some(24),
        "Stripe webhook": "whsec_" + make.some(32),
        "Twilio key": "SK" + make.hexes(32),
        "SendGrid": "SG." + make.some(22) + "." + make.some(43),
        "npm": "npm_" + make.some(36),
        "PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + make.some(120),
        "RubyGems": "rubygems_" + make.hexes(48),
        "OpenAI": "sk-" + make.some(48),
        "OpenAI project": "sk-proj-" + make.some(100),
        "Anthropic": "sk-ant-" + "api03-" + make.some(93) + "AA",
        "Hugging Face": "hf_" + make.some(34),
        "Groq": "gsk_" + make.some(52),
        "Perplexity": "pplx-" + make.some(48),
        "xAI": "xai-" + make.some(80),
        "Replicate": "r8_" + make.some(37),
        "LangSmith": "lsv2_pt_" + make.hexes(32) + "_" + make.hexes(10),
        "JSON web token": jwt,
        "Discord bot": "MTE" + "4" + make.some(22) + "." + make.some(6) + "." + make.some(38),
        "Mailgun": "key-" + make.hexes(32),
        "Brevo": "xkeysib-" + make.hexes(64) + "-" + make.some(16),
        "Shopify": "shpat_" + make.hexes(32),
        "Square access": "sq0atp-" + make.some(22),
        "Square secret": "sq0csp-" + make.some(43),
        "Facebook": "EAAC" + make.some(120),
        "DigitalOcean": "dop_v1_" + make.hexes(64),
        "Heroku": "HRKU-" + make.uuid(),
        "Netlify": "nfp_" + make.some(36),
        "Supabase": "sbp_" + make.hexes(40),
        "PlanetScale": "pscale_tkn_" + make.some(43),
        "Databricks": "dapi" + make.hexes(32),
        "Grafana": "glsa_" + make.some(32) + "_" + make.hexes(8),
        "Vault": "hvs." + make.some(90),
        "Terraform cloud": make.some(14) + "." + "atlasv1." + make.some(67),
        "Pulumi": "pul-" + make.hexes(40),
        "Doppler": "dp.pt." + make.some(43),
        "Tailscale": "tskey-" + "auth-" + make.some(11) + "-" + make.some(32),
        "Docker Hub": "dckr_pat_" + make.some(27),
        "Atlassian": "ATATT3" + make.some(180),
        "Bitbucket": "ATBB" + make.some(32),
        "Linear": "lin_api_" + make.some(40),
        "Notion": "ntn_" + make.some(46),
        "Figma": "figd_" + make.some(40),
        "Postman": "PMAK-" + make.hexes(24) + "-" + make.hexes(34),
        "New Relic": "NRAK-" + make.some(27, string.ascii_uppercase + string.digits),
        "Sentry": "sntryu_" + make.hexes(64),
        "SonarQube": "sqp_" + make.hexes(40),
        "Mapbox": "sk.eyJ" + make.some(60) + "." + make.some(22),
        "Alibaba": "LTAI" + "5t" + make.some(18),
        "age": "AGE-SECRET-KEY-1" + make.some(58, string.ascii_uppercase + string.digits),
    }


def placed(make: Maker) -> dict[str, tuple[str, str]]:
    """Return values that only what is before them gives away, each with its line."""
    pem = "-----BEGIN {0}PRIVATE KEY-----\\n{{}}\\n-----END {0}PRIVATE KEY-----"
    lines = {
        "AWS secret": (make.some(40), 'aws_secret_access_key = "{}"'),
        "AWS environment": (make.some(40), "AWS_SECRET_ACCESS_KEY={}"),
        "Azure storage": (make.base64(64), "AccountName=shop;AccountKey={};EndpointSuffix=core.windows.net"),
        "AWS session token": (make.base64(270), 'aws_session_token = "{}"'),
        "Azure signature": (make.some(43) + "%3D", "https://a.blob.core.windows.net/c?sv=2024-11-04&sig={}"),
        "Azure bus": (make.base64(32), "SharedAccessKeyName=root;SharedAccessKey={}"),
        "Telegram": ("AA" + make.some(33), "bot = '123456789:{}'"),
        "Slack webhook": (make.some(9) + "/" + make.some(24), "https://hooks.slack.com/services/{}"),
        "Discord webhook": (make.some(68), "https://discord.com/api/webhooks/123456789012345678/{}"),
        "Database URL": ("S3cr" + make.some(9), "postgres://bob:{}@db.example.com/app"),
        "Login in a URL": ("S3cr" + make.some(9), "curl https://bob:{}@example.org/x"),
        "Connection string": ("S3cr" + make.some(9), 'dsn = "Server=db;User Id=sa;Password={};"'),
        "Basic login": (make.login(), "Authorization: Basic {}"),
        "Bearer token": (make.some(40), "Authorization: Bearer {}"),
        "docker login": (make.login(), '"auths": {{"r.io": {{"auth": "{}"}}}}'),
        "netrc": ("S3cr" + make.some(9), "machine api.example.org login bob password {}"),
        "WireGuard": (make.base64(32), "PrivateKey = {}"),
        "Datadog": (make.hexes(32), "DD_API_KEY={}"),
        "Twilio auth token": (make.hexes(32), 'TWILIO_AUTH_TOKEN = "{}"'),
        "client secret": (make.some(40), '"client_secret": "{}",'),
        "kubeconfig": (make.some(80), "client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt{}"),
        "PEM": (make.key_lines(), f'key = "{pem.format("RSA ")}"'),
        "PKCS 8": (make.key_lines(), f'"private_key": "{pem.format("")}",'),
        "OpenSSH": (make.key_lines(), f"'{pem.format('OPENSSH ')}'"),
    }
    pgp = "-----BEGIN PGP PRIVATE KEY BLOCK-----\\n\\n{}\\n-----END PGP PRIVATE KEY BLOCK-----"
    return lines | {"PGP": (make.key_lines(), f'armor = "{pgp}"')}


FRAMES = ('token = "{}"', "value: '{}'", "# {}", "print({!r})", 'x.y("{}", 3)')


def make_secrets(seed: int) -> list[FakeSecret]:
    """Return one fake of every kind, the same for the same seed."""
    make = Maker(seed)
    plain = [
        FakeSecret(name, value, FRAMES[number % len(FRAMES)].format(value))
        for number, (name, value) in enumerate(prefixed(make).items())
    ]
    return plain + [FakeSecret(name, value, line.format(value)) for name, (value, line) in placed(make).items()]


def pieces_of(secret: FakeSecret) -> list[str]:
    """Return what of a value must not be found: all of it, and of a key each of its lines."""
    return [piece for piece in secret.value.split("\\n") if len(piece) >= 8]
