"""Does a name say that its value is a secret? Environment variables, labels, options and flags alike."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from .pattern import lazy_pattern

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
    "masterauth",
    "dbpass",
    "storepass",
    "keypass",
)
"""Secret wherever they stand in the name, `PGPASSWORD` included."""

_WORDS = frozenset(
    {"pass", "pw", "pwd", "psw", "token", "tokens", "cookie", "salt", "dsn", "authorization", "passcode", "webhook"}
)
"""Secret as a word of their own: `DB_PASS`, not `BYPASS_CACHE` or `TOKENIZER`."""

_PAIRS = (("api", "key"), ("access", "key"), ("private", "key"), ("connection", "string"), ("secret", "id"))

_ABOUT = frozenset(
    "file files path paths dir directory ttl expiry expires expire expiration lifetime age length len size max"
    " min count limit enabled enable disabled required optional host hosts port user users username name names id"
    " type algorithm alg method mode policy url uri endpoint issuer audience header field prefix version provider"
    " driver store backend region timeout interval format rotation only options scheme schemes hasher hashers"
    " strength complexity rounds iterations encoding encryption authentication authenticator stdin env minutes"
    " seconds hours days samesite secure httponly refresh domain prompt regex pattern validator validators"
    " validation service server address addr claim scope scopes ref mount cost bits source generator realm class"
    " status role roles group groups through thru".split()
)
"""As the last word they speak about a secret and hold none: `POSTGRES_PASSWORD_FILE`, `TOKEN_TTL`."""

_PUBLIC_KEYS = frozenset({"gpg", "pgp", "public", "pub", "sort", "partition", "primary", "foreign", "host", "cache"})

_NEVER = frozenset({"no", "skip", "ask", "prompt", "without"})
"""As the first word: `--no-password`, `--ask-become-pass`."""

_SWITCHED = frozenset(
    "random allow onetime generate generated auto use enable disable require force has is reset rotate show check"
    " verify with need change".split()
)
"""With one of these in its name `1` or `0` is a switch: `MYSQL_RANDOM_ROOT_PASSWORD=1`."""

_SWITCH = lazy_pattern(r"(?i)(?:true|false|yes|no|on|off|null|none|enabled|disabled|enable|disable)\Z")
_SHORT_SWITCH = lazy_pattern(r"(?i)[01ynft]\Z")
_METHOD = lazy_pattern(
    r"(?i)(?:basic|digest|bearer|token|ntlm|kerberos|md5|scram-sha-(?:1|256|512)|trust|reject|password|peer|ident|cert|ldap"
    r"|oidc|oauth2?|saml|jwt|plain|login|cram-md5|anonymous|internal|external|database|rbac)\Z"
)
"""Values of a setting that is called `auth`, which names a method."""

_REFERENCE = lazy_pattern(
    r"(?:(?:\$\$?(?:\w+|\{[^}]*\}{0,2}|\(.*)|`[^`]*`?)[:/@.,_-]*)+\Z"  # $X, ${X:-y}, $(cat x), `cat x`
    r"|%\(|%\w+%\Z|\{\{.*\}\}\Z|<[^<>]+>\Z"  # configparser, Windows, Go and Jinja templates, <your password>
    r"|/(?:var/)?run/secrets/|\.{1,2}/|~/|(?:op|vault|ssm|secretsmanager|secretref|azurekeyvault|gcpsm)://?"
    r"|arn:aws[\w-]*:|ENC\[|(?:id|src|source|type)=[\w./-]+(?:,|\Z)"
    r"|\*{2,}\Z|[xX]{3,}\Z|\.{3,}\Z|\[hidden\]\Z|\(hidden\)\Z",
    16,  # re.DOTALL
)
_REDACTED = lazy_pattern(r"hash:[0-9a-f]{16}\Z")
_PATH = lazy_pattern(
    r"(?:~|\.{1,2})?(?:/[\w.@-]+){2,}\Z|[\w./~-]+\.(?:pem|key|crt|cer|pub|jks|p12|pfx|json|ya?ml|txt)\Z"
)


def is_redacted(value: str) -> bool:
    """Is it a hash that stands for a secret already?"""
    return _REDACTED.match(value) is not None


def is_reference(value: str) -> bool:
    """Does it say where the secret is, or only mark its place: `$X`, `/run/secrets/x`, `<password>`, `***`?"""
    return _REFERENCE.match(value) is not None or is_redacted(value)


def is_secret(name: str, value: str) -> bool:
    """Does `name` say that `value` is a secret? Switches, references (`$X`, /run/secrets/x) and "" are none."""
    kind = _kind(name)
    if not kind or not value or _SWITCH.match(value) or is_reference(value):
        return False
    if kind == "key":
        # `KEY` alone says little: a short word or a path is a name of something, not a key.
        return len(value) >= 16 and " " not in value and _PATH.match(value) is None
    if kind == "switch":
        return _SHORT_SWITCH.match(value) is None
    if kind == "method":
        return _METHOD.match(value) is None
    return kind != "number" or not value.isdecimal()


@lru_cache(maxsize=8192)
def _kind(name: str) -> str:
    """`""` where its value is none. `secret`, or what it is unless its value is short, a `switch`, a `number` …"""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or name in ("PWD", "OLDPWD") or words[0] in _NEVER:
        return ""
    pairs = set(pairwise(words))
    if words[-1] in _ABOUT and ("secret", "id") not in pairs:
        return ""
    if any(part in "".join(words) for part in _INSIDE) or not pairs.isdisjoint(_PAIRS):
        return "secret" if _SWITCHED.isdisjoint(words) else "switch"
    if not _WORDS.isdisjoint(words) or words[-1].endswith("token") or words[-1] == "auth":
        return "" if words[0] in ("max", "min", "num") else _kind_of(words)
    if words[-1].endswith("key") and _PUBLIC_KEYS.isdisjoint(words) and not words[-1].startswith(("gpg", "pub")):
        return "key"
    return ""


def _kind_of(words: list[str]) -> str:
    if not _SWITCHED.isdisjoint(words):
        return "switch"
    return {"auth": "method", "tokens": "number"}.get(words[-1], "secret")
