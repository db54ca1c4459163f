"""Secrets that a text gives away by their shape, whatever they are called. Entropy alone is no reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..model.pattern import lazy_pattern
from .secret_names import is_redacted, is_secret

Hide = Callable[[str], str]
"""Gives the replacement for a secret."""

KEY_BLOCK = lazy_pattern(
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|\Z)", re.DOTALL
)

TOKEN = lazy_pattern(
    r"(?<![\w-])(?:"
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{20,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}\b|AIza[\w-]{30,}|ya29\.[\w-]{20,}|dckr_(?:pat|oat)_[\w-]{20,}|dop_v1_[0-9a-f]{40,}"
    r"|xox[abeprs]-[\w-]{10,}|(?:sk|rk)_(?:live|test)_\w{16,}|sk-[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|hv[sb]\.[\w-]{20,}|SWMTKN-1-[\w-]{20,}|SWMKEY-1-[\w+/=-]{20,}|AGE-SECRET-KEY-1\w{20,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # a JSON web token: its header is `{"`, in base64
    r")"
)
_PASSWORD_HASH = lazy_pattern(
    r"\$(?:apr1|1|2[abxy]|5|6|7|y|argon2i?d?)\$[\w./$=,+-]{16,}|\{SSHA?\}[\w+/=]{16,}|\{SHA\}[\w+/=]{16,}"
)
CHAT_HOOK = lazy_pattern(r"(?<=hooks\.slack\.com/services/)[\w/]{16,}|(?<=discord\.com/api/webhooks/)[\w/-]{16,}")

IN_ADDRESS = lazy_pattern(r"(?<=://)([^\s/?#:@\"']{0,256}):(?!\d{1,5}[/?#,]|//)([^\s\"'`<>]{1,1024})@(?!sha256:)")
"""`scheme://user:password@host`, up to the last `@`; not `host:port/…@…`, and not an image by digest."""
_USER_ONLY = lazy_pattern(r"(?<=https://)([\w-]{20,})(?=@)")
_DATA_SOURCE = lazy_pattern(r"(?<![\w.-])([\w.-]{1,64}):([^\s@\"']{1,256})(?=@(?:tcp|unix)\()")

_HEADER = lazy_pattern(r"(?i)(?<![\w-])((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:[a-z]+\s+)?)([^\s\"',;]{4,})")
_PAIR = lazy_pattern(
    r"(?<![\w.-])(-{0,2}[A-Za-z_][\w.-]*)(=|\\?[\"']\s*[:=]\s*|:\s+)"
    r"(\\\"[^\"\\]*\\\"|\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s,;&|\"'`\\]+)"
)
_FLAG = lazy_pattern(r"(?<!\S)(--?[A-Za-z][\w.-]*)(\s+)(\"[^\"]*\"|'[^']*'|[^\s;&|\"'-][^\s;&|\"']*)")

_HINTS = (
    "://", "private key", "gh", "glpat-", "npm_", "pypi-", "akia", "asia", "aiza", "ya29.", "dckr_", "dop_v1_", "xox",
    "k_live_", "k_test_", "sk-", "sg.", "hvs.", "hvb.", "swm", "age-", "eyj", "$", "{s", "hooks", "@",
    "pass", "pwd", "psw", "pw", "secret", "token", "key", "cred", "cookie", "salt", "dsn", "auth", "string",
)  # fmt: skip
"""One of these stands in every text that anything above matches (lower case): most texts need no further look."""


def hidden(text: str) -> str:
    """The text for a person, or a record: where a secret stood it says so."""
    return hide_in_text(text, lambda _secret: "[hidden]")


def hide_in_text(text: str, hide: Hide) -> str:
    """The text with each secret in it replaced by what `hide` makes of it."""
    low = text.lower()
    if len(text) < 6 or not any(hint in low for hint in _HINTS):
        return text
    for shape in (KEY_BLOCK, TOKEN, _PASSWORD_HASH, CHAT_HOOK, _USER_ONLY):
        text = shape.sub(lambda match: hide(match[0]), text)
    for shape in (IN_ADDRESS, _DATA_SOURCE):
        text = shape.sub(lambda match: _hidden_end(match, hide), text)
    text = _HEADER.sub(lambda match: match[1] + hide(match[2]), text)
    for shape in (_PAIR, _FLAG):
        text = shape.sub(lambda match: _hidden_pair(match, hide), text)
    return text


def _hidden_end(match: re.Match[str], hide: Hide) -> str:
    """`user:password`, with what followed kept."""
    if is_redacted(match[2]):
        return match[0]
    return f"{match[1]}:{hide(match[2])}{match[0][match.end(2) - match.start() :]}"


def _hidden_pair(match: re.Match[str], hide: Hide) -> str:
    name, between, value = match[1], match[2], match[3]
    quote = _quote(value)
    bare = value[len(quote) : len(value) - len(quote)]
    if "hash:" in bare or name.lower().endswith("authorization") or not is_secret(name, bare):
        return match[0]
    return f"{name}{between}{quote}{hide(bare)}{quote}"


def _quote(value: str) -> str:
    """What the value is wrapped in: `"`, `'`, an escaped quote, or nothing."""
    for quote in ('\\"', '"', "'"):
        if len(value) >= 2 * len(quote) and value.startswith(quote) and value.endswith(quote):
            return quote
    return ""
