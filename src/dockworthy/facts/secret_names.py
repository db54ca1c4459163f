"""Does a name say that its value is a secret? Environment variables, labels, options and flags alike."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from ..model.pattern import lazy_pattern

_WORD = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_INSIDE = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "requirepass",
)
"""Secret wherever they stand in the name, `PGPASSWORD` included."""

_WORDS = frozenset(
    {"pass", "pw", "pwd", "psw", "token", "tokens", "cookie", "salt", "dsn", "authorization", "passcode", "webhook"}
)
"""Secret as a word of their own: `DB_PASS`, not `BYPASS_CACHE` or `TOKENIZER`."""

_PAIRS = (("api", "key"), ("access", "key"), ("private", "key"), ("connection", "string"), ("secret", "id"))

_ABOUT = frozenset(
    "file files path paths dir directory ttl expiry expires expiration lifetime age length len size max min count limit"
    " enabled enable disabled required optional host hosts port user users username name names id type algorithm alg"
    " method mode policy url uri endpoint issuer audience header field prefix version provider driver store backend"
    " region timeout interval format rotation count only options scheme schemes hasher strength complexity rounds"
    " iterations encoding".split()
)
"""As the last word they speak about a secret and hold none: `POSTGRES_PASSWORD_FILE`, `TOKEN_TTL`."""

_PUBLIC_KEYS = frozenset({"gpg", "pgp", "public", "pub", "sort", "partition", "primary", "foreign", "host", "cache"})

_SWITCH = lazy_pattern(r"(?i)(?:true|false|yes|no|on|off|null|none|enabled|disabled|enable|disable)\Z")
_REFERENCE = lazy_pattern(r"\$[A-Za-z_{(]|%\(|/(?:var/)?run/secrets/")
_REDACTED = lazy_pattern(r"hash:[0-9a-f]{16}\Z")
_PATH = lazy_pattern(r"/[\w.-]+(?:/[\w.-]+)+\Z")


def is_redacted(value: str) -> bool:
    """Is it a hash that stands for a secret already?"""
    return _REDACTED.match(value) is not None


def is_secret(name: str, value: str) -> bool:
    """Does `name` say that `value` is a secret? Switches, references (`$X`, /run/secrets/x) and "" are none."""
    kind = _kind(name)
    if not kind or not value or _SWITCH.match(value) or _REFERENCE.match(value) or is_redacted(value):
        return False
    if kind == "key":
        # `KEY` alone says little: a short word or a path is a name of something, not a key.
        return len(value) >= 16 and " " not in value and _PATH.match(value) is None
    return True


@lru_cache(maxsize=8192)
def _kind(name: str) -> str:
    """`secret`, `key` (perhaps), or `""`."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or name in ("PWD", "OLDPWD"):
        return ""
    pairs = set(pairwise(words))
    if words[-1] in _ABOUT and ("secret", "id") not in pairs:
        return ""
    if any(part in "".join(words) for part in _INSIDE) or not pairs.isdisjoint(_PAIRS):
        return "secret"
    if not _WORDS.isdisjoint(words) or words[-1].endswith("token") or words[-1] == "auth":
        return "" if words[0] in ("max", "min", "num") else "secret"
    if words[-1].endswith("key") and _PUBLIC_KEYS.isdisjoint(words) and not words[-1].startswith(("gpg", "pub")):
        return "key"
    return ""
