"""How secrets look: their formats, the words around them, the names of what holds them, and what only looks so."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "ASKED",
    "DETECTORS",
    "KEYS",
    "NAMED",
    "OPEN_VARIABLE",
    "PATH",
    "PLACEHOLDER",
    "SAID",
    "SECRET_VARIABLE",
    "WITH_PASSWORD",
    "Detector",
    "Format",
    "harmless",
]


class Format(NamedTuple):
    """How a secret looks, from one of the hints on, or from up to `back` characters before it."""

    kind: str
    hints: str
    pattern: str
    back: int = 0
    severe: bool = True


class Detector(NamedTuple):
    """A plugin of detect-secrets, the hints at which it is asked, and what it is shown: a match at the hint."""

    plugin: str
    hints: str
    sight: str = r"[\w-]{10,300}"
    words: bool = False
    """Whether words that look like the token are harmless."""
    back: int = 0
    """How many characters before the hint it is shown as well."""


KEYS = (
    Format("Anthropic key", "sk-ant-", r"(?<![A-Za-z0-9])sk-ant-([\w-]{20,})"),
    Format("OpenAI key", "sk-proj- sk-svcacct- sk-admin-", r"(?<![A-Za-z0-9])sk-(?:proj|svcacct|admin)-([\w-]{20,})"),
    Format("OpenAI key", "sk-", r"(?<![\w-])sk-(?!fakemodel)([\w-]{20,})"),
    Format("OpenAI client secret", "ek_", r"(?<![\w-])ek_([A-Za-z0-9]{24,})"),
    Format("webhook secret", "whsec_", r"(?<![\w-])whsec_([\w+/-]{24,})"),
    Format("organisation id", "org-", r"(?<![\w-])org-([A-Za-z0-9]{16,})"),
    Format("project id", "proj_", r"(?<![\w-])proj_([A-Za-z0-9]{16,})"),
    Format("Google API key", "AIza", r"(?<![A-Za-z0-9])(AIza[\w-]{35})(?![\w-])"),
    Format("Hugging Face token", "hf_", r"(?<![\w-])hf_([A-Za-z0-9]{30,})"),
    Format("GitHub token", "github_pat_", r"(?<![\w-])github_pat_(\w{40,})"),
    Format("npm token", "npm_", r"(?<![\w-])npm_([A-Za-z0-9]{36})(?![\w-])"),
    Format("Groq key", "gsk_", r"(?<![\w-])gsk_([A-Za-z0-9]{40,})"),
    Format("xAI key", "xai-", r"(?<![\w-])xai-([A-Za-z0-9]{40,})"),
    Format("private key", "ENCRYPTED", r"ENCRYPTED PRIVATE KEY-----\s+([A-Za-z0-9+/=]{40,})"),
    Format("cookie", "__cf_bm= _cfuvid=", r"_(?:_cf_bm|cfuvid)=([\w.%-]{16,})"),
)
"""What detect-secrets lacks. The last group is the value, harmless where it is words or a placeholder."""

DETECTORS = (
    Detector("aws.AWSKeyDetector", "AKIA ASIA ABIA ACCA A3T", r"\w{20}\b"),
    Detector("aws.AWSKeyDetector", "aws AWS", r"\w{3}[^\n\0]{0,60}?[\"'][\w/+]{40}[\"']"),
    Detector("azure_storage_key.AzureStorageKeyDetector", "AccountKey=", r"\w+=[\w+/=]{88}"),
    Detector("basic_auth.BasicAuthDetector", "://", r"://[^\s/@:]{0,200}:[^\s/@]{5,200}@(?!(?:[\w-]+\.)*example\b)"),
    Detector("github_token.GitHubTokenDetector", "ghp_ gho_ ghu_ ghs_ ghr_", words=True),
    Detector("gitlab_token.GitLabTokenDetector", "glpat- gldt- glft- glsoat- glrt- glcbt- glimt- glptt-", words=True),
    Detector("gitlab_token.GitLabTokenDetector", "glagent- gloas- GR1348941", words=True),
    Detector("jwt.JwtTokenDetector", "eyJ", r"eyJ[\w=-]{9,999}\.[\w=-]{4,9999}(?:\.[\w+/=-]*)?"),
    Detector("mailchimp.MailchimpDetector", "-us", r"-us\d{1,2}\b", back=33),
    Detector("npm.NpmDetector", "/:_authToken=", r"/:_authToken=\s*\S{1,100}", back=100),
    Detector("openai.OpenAIDetector", "sk-", r"[\w-]{20,200}?T3BlbkFJ\w{20}"),
    Detector("private_key.PrivateKeyDetector", "BEGIN PuTTY-User-Key-File-2", r"[^\0]{0,900}?[A-Za-z0-9+/]{40}"),
    Detector("pypi_token.PypiTokenDetector", "pypi-AgE"),
    Detector("sendgrid.SendGridDetector", "SG.", r"[\w.-]{60,100}"),
    Detector("slack.SlackDetector", "xox", words=True),
    Detector("slack.SlackDetector", "https://hooks.slack.com/", r"\S{1,300}"),
    Detector("square_oauth.SquareOAuthDetector", "sq0csp-"),
    Detector("stripe.StripeDetector", "sk_live_ rk_live_"),
    Detector("telegram_token.TelegramBotTokenDetector", ":AA", r":AA[\w-]{33}(?![\w-])", back=11),
    Detector("twilio.TwilioKeyDetector", "AC SK", r"\w\w[a-z0-9]{32}\b", words=True),
)
"""Not those that go by entropy or by the word before, nor Artifactory's and Discord's, which take plain words."""

SAID = (
    Format("bearer token", "bearer Bearer BEARER", r"(?i:bearer)[ \t]+([\w.~+/-]{20,}=*)"),
    Format(
        "credentials",
        "authorization Authorization AUTHORIZATION",
        r"(?i:authorization)[\"']*\s*[:=]\s*[\"']*(?:(?i:basic|bearer|token)\s+([\w.~+/-]{12,}=*)|([\w.~+/-]{20,}=*))",
    ),
    Format("cookie", "cookie: Cookie: COOKIE:", r"(?i:cookie):\s*[\w.-]+=([\w.%+/=-]{16,})"),
    Format("API key", "api-key api_key apikey Api-Key API_KEY", r"(?i:api[-_]?key)[\"']*\s*[:=]\s*[\"']*(\w{32,})"),
    Format("e-mail address", "@", r"[\w.+-]+@(?!(?:[\w-]+\.)*example\b)(?:[\w-]+\.)+[A-Za-z]{2,24}\b", 64, False),
    Format("home directory", "/home/ /Users/", r"(?<![\w.~-])/(?:home|Users)/(?!user)[A-Za-z_][\w.-]*", 0, False),
    Format("home directory", r":\Users\ :\\Users\\", r":\\{1,2}Users\\{1,2}(?!user)[A-Za-z_][\w.-]*", 0, False),
)
"""What the words around it tell."""

NAMED = {
    **dict.fromkeys(("authorization", "proxy-authorization", "x-auth-token", "x-amz-security-token"), "credentials"),
    **dict.fromkeys(("api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"), "API key"),
    **dict.fromkeys(("cookie", "set-cookie"), "cookie"),
    "openai-organization": "organisation",
    "openai-project": "project",
}
"""The names, of headers above all, whose value is a secret whatever it looks like."""

ASKED = NAMED | dict.fromkeys(
    ("key", "apikey", "token", "access-token", "sig", "signature", "secret", "client-secret", "password"), "credentials"
)
"""Those in a query or a form."""

SECRET_VARIABLE = re.compile(
    r"(?i)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|DSN|CONNECTION_STRING)S?(?=_|\d|$)"
    r"|(?:^|_)(?:O?AUTH|PASS|PAT)(?=_|$)|_PWD$|(?:ORG|ORGANIZATION|PROJECT)_ID$|^OPENAI_(?:ORG|ORGANIZATION|PROJECT)$"
)
OPEN_VARIABLE = re.compile(
    r"(?i)_(?:SOCK|SOCKET|PATH|FILE|DIR|HOME|TYPE|MODE|METHOD|STRATEGY|PROVIDER|URL|URI|HOST|NAME|TTL|VERSION|SCOPES?)$"
)
PATH = re.compile(
    r"(?:~|\.{1,2})/.*|[A-Za-z]:[\\/].*|file:.*"
    r"|/(?:home|Users|root|run|tmp|var|etc|usr|opt|private|mnt|srv|app|dev|proc|workspaces?|builds?|Library|nix|snap)/.*"
)
WITH_PASSWORD = re.compile(r"\w[\w+.-]*://[^\s/@:]*:[^\s/@]+@.*")

PLACEHOLDER = re.compile(
    r"(?i)(?:(?:bearer|basic|token) +)?(?:[\w.-]+=)?(?:sk-fakemodel[\w-]*|(?:org-|proj_)?0+\d{0,4}|scrubbed|redacted"
    r"|removed|filtered|hidden|dummy|\*+|(?:[a-z]{2,8}[_-]|AC|SK)*x{3,}|pass(?:word|wd)?|pwd|secret|token|changeme|admin|guest|postgres|root"
    r"|<[\w .-]*>|\[[\w .-]*\]|\$?\{+[\w.]*\}+|\$\w+|%\w+%|(?-i:[\w/+]*EXAMPLE[\w/+]*))|"
)
"""What stands for a secret: our own marks, those of other tools, and what documentation shows."""

WORD = r"(?:(?:[A-Z]?[a-z]{1,20}(?:[A-Z][a-z]{2,20})*|[A-Z]{1,20})\d{0,2}|\d{1,4})"
WORDS = re.compile(
    rf"[A-Z]?[a-z]{{1,20}}|[A-Z]?[a-z]{{2,20}}(?:[A-Z][a-z]{{2,20}})+|{WORD}(?:[-_./+~]+{WORD})+[-_./+~=]*"
)
"""`risk-adjusted-return`, `TokenAuthentication`, `OPENAI_API_KEY`: chance does not make such keys."""


def harmless(value: str) -> bool:
    """Whether a value that stands where a secret would is none: words, or what stands for a secret."""
    return bool(WORDS.fullmatch(value) or PLACEHOLDER.fullmatch(value))
