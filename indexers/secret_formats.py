"""The published formats of tokens and keys, and the few names after which something random is a secret.

Data for `secret_patterns`, which says how they are looked for. A format is tied to its prefix, or to a name and to what
no one would type, so that ordinary code raises no alarm.
"""

from dataclasses import dataclass

PRIVATE_KEY_KIND = "private-key"
URL_PASSWORD_KIND = "url-password"  # noqa: S105
DATABASE_PASSWORD_KIND = "database-password"  # noqa: S105
BASIC_KIND = "basic-auth"
"""A name and a password in base64, behind a word that also stands before names of classes."""

PASSWORD_KINDS = frozenset({URL_PASSWORD_KIND, DATABASE_PASSWORD_KIND, "netrc-password"})
"""What people choose: those that examples are written with are none."""


@dataclass(frozen=True, slots=True)
class TokenFormat:
    """One issuer's format. `anchor` is three to six bytes that every match starts with; `[..]` is one of several.

    `regex` is tried at the anchor and may mark the value by a group `v`; without one the whole match is the value.
    """

    kind: str
    anchor: str
    regex: str


_WORD = r"[A-Za-z0-9_\-]"
_START = r"(?:(?<![A-Za-z0-9_\-])|(?<=\\[nrt]))"
"""Not inside a longer word; an escape such as `\\n` in a string literal ends a word too."""

_URL_LOGIN = r"(?P<v>[^\s/:@\"'`<>{}$()\[\]|,;\\*]{3,120})@[A-Za-z0-9\[{$%<]"
_GITLAB = rf"gl(?:pat|ptt|dt|rt|ft|cbt|soat)-{_WORD}{{20,}}(?:\.[\w.\-]+)?"
_SLACK_WEBHOOK = r"(?<=hooks\.)slack\.com/(?:services|workflows|triggers)/(?P<v>[A-Za-z0-9/]{20,})"
_ASSIGNED = (
    r"(?![\w+/\-])(?:\\?[\"'\])>]){0,3}[ \t]{0,9}(?::[ \t]{0,3}[A-Za-z_.\[\]]{1,30}[ \t]{0,9}(?==))?"
    r"(?:=>|[:=,(])?[ \t]{0,9}(?:\\?[\"'`])?"
)
"""From the end of a name to its value, in the spellings of configuration files, languages with or without a type,
XML, and code inside a JSON string. Never nothing: in a longer name, what follows the word is no value."""

_AWS_SECRET = _ASSIGNED + r"(?P<v>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])"

_DISCORD = r"[MNO][A-Za-z0-9_\-]{22,27}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,45}(?![A-Za-z0-9_\-])"
"""A number of some eighteen digits in base64, which fixes how the first letters are; a time; a digest."""

_PEM_IN_BASE64 = r"LS0tLS1CRUdJTiB(?:QUklW|SU0Eg|FQyBQ|PUEVO|EU0Eg|FTkNS)"
"""The headers of private keys, as Kubernetes keeps them; certificates begin otherwise."""

_MIXED = r"(?=[A-Za-z+/]{0,40}[0-9])(?=[a-z0-9+/]{0,40}[A-Z])(?=[A-Z0-9+/]{0,40}[a-z])"
"""Capitals, small letters and digits soon after each other, as in no word."""

_MANY_DIGITS = r"(?=(?:[A-Za-z_\-]{0,24}[0-9]){4})"

_RANDOM = (
    r"(?P<v>(?:(?=[0-9]{0,15}[a-f])(?=[a-f]{0,15}[0-9])[0-9a-f]{32,128}"
    rf"|{_MIXED}{_MANY_DIGITS}[A-Za-z0-9_\-]{{32,512}}"
    rf"|{_MIXED}(?=(?:[A-Za-z+/]{{0,24}}[0-9]){{4}})[A-Za-z0-9+/]{{40,2048}}={{0,2}}))(?![A-Za-z0-9_\-+/=.(\[])"
)
"""What no one would type: a digest, or letters of both kinds with digits all over."""

_RANDOM_PASSWORD = (
    r"(?:0x)?(?P<v>(?:(?=[0-9]{0,15}[a-f])(?=[a-f]{0,15}[0-9])[0-9a-f]{32,128}"
    rf"|{_MIXED}(?=(?:[A-Za-z_+/\-]{{0,24}}[0-9]){{2}})[A-Za-z0-9_+/\-]{{20,2048}}={{0,2}}))(?![A-Za-z0-9_\-+/=.(\[])"
)
"""Shorter than a token, as generators make passwords: 86 % of those of 20 letters and digits, 97 % of those of 32."""

_PASSWORD_NAME = r"(?i:pass(?:word|wd|phrase|code)?)"  # noqa: S105

_CURL_LOGIN = r"curl\b[^\n]{0,200}?\s(?:-u|--user)[ \t=]{0,3}[\"']?[^\s:\"'$]{1,80}:" + _RANDOM_PASSWORD

_LOGIN_IN_BASE64 = (
    rf"(?P<v>{_MIXED}(?:[A-Za-z0-9+/]{{4}}){{3,200}}(?:[A-Za-z0-9+/]{{2}}==|[A-Za-z0-9+/]{{3}}=)?)(?![A-Za-z0-9+/=])"
)

_TYPED = r"(?P<v>[^;\"'\s{}<>$%*()]{4,64})(?=[;\"'\r\n])"
"""A password of a connection string, up to its end; not one that is filled in."""

_SECRET_NAME = r"(?i:secret(?:[_\-]?(?:key|token|id))?)"  # noqa: S105

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
    TokenFormat(PRIVATE_KEY_KIND, "LS0tLS", _START + _PEM_IN_BASE64 + r"[A-Za-z0-9+/]{40,}={0,2}"),
    TokenFormat(PRIVATE_KEY_KIND, "Privat", r"Private-Lines: \d{1,3}\r?\n(?P<v>(?:[A-Za-z0-9+/=]{4,64}\r?\n?){1,99})"),
    TokenFormat("wireguard-key", "Privat", r"PrivateKey[ \t]*=[ \t]*(?P<v>[A-Za-z0-9+/]{43}=)"),
    TokenFormat("azure-secret", "[?&]sig=", r"[?&]sig=(?P<v>[A-Za-z0-9%/+]{40,}(?:%3[Dd]|=))"),
    TokenFormat("azure-secret", "Q~[A-Za-z0-9_~.-]", r"(?<=[\w~.\-]{3}[0-9])Q~[\w~.\-]{31,34}(?![\w~])"),
    TokenFormat("square-token", "sq0[aic][tds]p", _START + rf"sq0(?:atp|idp|csp)-{_WORD}{{22,}}"),
    TokenFormat("square-token", "EAAA", _START + rf"EAAA{_WORD}{{60}}(?!{_WORD})"),
    TokenFormat("facebook-token", "EAA[A-Z]", _START + r"EAA[A-Z][A-Za-z0-9]{96,}(?![A-Za-z0-9+/=])"),
    TokenFormat("discord-token", "[MNO][DTjz][AEIMQUYcgk][wxyz0-5]", _START + _DISCORD),
    TokenFormat("discord-webhook", "webhoo", r"(?<=/api/)webhooks/\d{15,21}/(?P<v>[\w\-]{60,})"),
    TokenFormat("teams-webhook", "webhoo", r"(?<=/)webhookb2/(?P<v>[0-9a-f\-]{36}@[\w\-/]{70,})"),
    TokenFormat("notion-token", "ntn_", _START + r"ntn_[A-Za-z0-9]{40,}"),
    TokenFormat("notion-token", "secret", _START + rf"secret_{_MIXED}[A-Za-z0-9]{{43}}(?!{_WORD})"),
    TokenFormat("figma-token", "figd_", _START + rf"figd_{_WORD}{{36,}}"),
    TokenFormat("new-relic-key", "NR[AIJ][KIS]-", _START + r"NR(?:AK-[A-Z0-9]{27}|II-[\w\-]{32}|JS-[0-9a-f]{19})"),
    TokenFormat("sentry-token", "sntry[us]", _START + r"sntry[us]_[A-Za-z0-9+/=_\-]{40,}"),
    TokenFormat("terraform-token", "atlasv", rf"(?<=[A-Za-z0-9]{{14}}\.)atlasv1\.{_WORD}{{60,}}"),
    TokenFormat("heroku-key", "HRKU-", _START + rf"HRKU-{_WORD}{{36,}}"),
    TokenFormat("sonar-token", "sq[upa]_[0-9a-f]", _START + r"sq[upa]_[0-9a-f]{40}(?![A-Za-z0-9])"),
    TokenFormat("tailscale-key", "tskey-", _START + rf"tskey-[a-z]{{3,8}}-{_WORD}{{20,}}"),
    TokenFormat("alibaba-key", "LTAI", _START + r"LTAI[A-Za-z0-9]{12,26}(?![A-Za-z0-9])"),
    TokenFormat("perplexity-key", "pplx-[A-Za-z0-9]", _START + r"pplx-[A-Za-z0-9]{40,}"),
    TokenFormat("xai-key", "xai-[A-Za-z0-9]", _START + r"xai-[A-Za-z0-9]{60,}"),
    TokenFormat("replicate-token", "r8_[A-Za-z0-9]", _START + r"r8_[A-Za-z0-9]{37}(?![A-Za-z0-9])"),
    TokenFormat("langsmith-key", "lsv2_[ps]", _START + r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    TokenFormat("mapbox-token", "sk.eyJ", _START + rf"sk\.eyJ{_WORD}{{20,}}\.{_WORD}{{20,}}"),
    TokenFormat("brevo-key", "xkeysi", _START + r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    TokenFormat("supabase-key", "sb[p_][_s][0-9a-fe]", _START + r"(?:sbp_[0-9a-f]{40}|sb_secret_[\w\-]{30,})"),
    TokenFormat("netlify-token", "nfp_[A-Za-z0-9]", _START + r"nfp_[A-Za-z0-9]{36,}"),
    TokenFormat("planetscale-token", "pscale", _START + r"pscale_(?:tkn|pw|oauth)_[\w\-.]{32,}"),
    TokenFormat("postman-key", "PMAK-", _START + r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    TokenFormat("doppler-token", "dp.[pcsa][ta].", _START + r"dp\.(?:pt|ct|sa|st)\.[A-Za-z0-9]{40,}"),
    TokenFormat("pulumi-token", "pul-[0-9a-f]", _START + r"pul-[0-9a-f]{40}(?![A-Za-z0-9])"),
    TokenFormat("bitbucket-token", "ATBB", _START + r"ATBB[A-Za-z0-9_=\-]{28,}"),
    TokenFormat("google-oauth-token", "1//0", r"(?<![\w/.:\-])1//0[\w\-]{40,}"),
    TokenFormat(BASIC_KIND, "[Bb]asic ", r"[Bb]asic (?P<v>" + _MIXED + r"[A-Za-z0-9+/]{12,}={0,2})(?![A-Za-z0-9+/=])"),
    TokenFormat("bearer-token", "Bearer", r"Bearer (?P<v>" + _MANY_DIGITS + rf"{_WORD}{{32,}})(?![\w.\-])"),
    TokenFormat("docker-auth", '"auth[\\\\"]', r"\"auth\\?\"\s{0,3}:\s{0,3}\\?\"" + _LOGIN_IN_BASE64 + r"\\?\""),
    TokenFormat("netrc-password", "machin", r"machine\s+\S+\s+login\s+\S+\s+password\s+(?P<v>[^\s\"'`<>{}$%]{4,})"),
    TokenFormat(DATABASE_PASSWORD_KIND, "[Pp]asswo", r"(?<=;)[Pp]assword=" + _TYPED),
    TokenFormat(DATABASE_PASSWORD_KIND, "[Pp]wd=", r"(?<=;)[Pp]wd=" + _TYPED),
    TokenFormat("api-key", "[aA][pP][iI]_[kK][eE]", r"(?i:api_key)" + _ASSIGNED + _RANDOM),
    TokenFormat("api-key", "[aA][pP][iI][kK][eE][yY]", r"(?i:apikey)" + _ASSIGNED + _RANDOM),
    TokenFormat("secret-key", "[sS][eE][cC][rR][eE][tT]", _SECRET_NAME + _ASSIGNED + _RANDOM),
    TokenFormat("access-token", "[tT][oO][kK][eE][nN]", r"(?i:token)" + _ASSIGNED + _RANDOM),
    TokenFormat("password", "[pP][aA][sS][sS]", _PASSWORD_NAME + _ASSIGNED + _RANDOM_PASSWORD),
    TokenFormat("password", "[pP][wW][dD]", r"(?i:pwd)" + _ASSIGNED + _RANDOM_PASSWORD),
    TokenFormat("password", "curl", _CURL_LOGIN),
    TokenFormat("secret-key", "[pP][rR][iI][vV][aA][tT]", r"(?i:private[_\-]?key)" + _ASSIGNED + _RANDOM_PASSWORD),
    TokenFormat("secret-key", "[aA][cC][cC][eE][sS][sS]", r"(?i:access[_\-]?key)" + _ASSIGNED + _RANDOM_PASSWORD),
    TokenFormat("secret-key", "[eE][nN][cC][rR][yY][pP]", r"(?i:encryption[_\-]?key)" + _ASSIGNED + _RANDOM_PASSWORD),
    TokenFormat("secret-key", "[cC][rR][eE][dD][eE][nN]", r"(?i:credentials?)" + _ASSIGNED + _RANDOM_PASSWORD),
    TokenFormat("bearer-token", "[bB][eE][aA][rR][eE][rR]", r"(?i:bearer)" + _ASSIGNED + _RANDOM_PASSWORD),
)

PLACEHOLDERS = frozenset(
    b"password passwd passphrase pass pwd pw secret token user username key apikey changeme example mypassword "
    b"your-password yourpassword your_password my-password my_password %s %d xxx xxxx xxxxx xxxxxx".split()
)
"""Passwords of examples; nothing is kept from anyone by hiding them."""
