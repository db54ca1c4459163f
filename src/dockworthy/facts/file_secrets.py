"""Secrets in the text of a file: by their shape, and in files of variables by their names. Entropy is no reason.

What is found is said without the value; the values go into a set of their own, so that no quoted line shows one.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import os
import re
from collections.abc import Iterator

from ..model.field import Source
from ..model.pattern import lazy_pattern
from ..model.secret_names import is_secret
from ..model.text_file import SecretKind, WrittenSecret
from .secret_values import CHAT_HOOK, IN_ADDRESS, KEY_BLOCK, TOKEN

_PUTTY = lazy_pattern(r"^PuTTY-User-Key-File-\d: .*$", re.MULTILINE)
_REST_OF_FIRST = lazy_pattern(r"\A(?: BLOCK)?-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")
_HEADER = lazy_pattern(r"[\w-]+: ")
_AGE = "AGE-SECRET-KEY-1"
_WHOSE = {
    "github_pat_": "a GitHub token", "gh": "a GitHub token", "glpat-": "a GitLab token", "npm_": "an npm token",
    "pypi-": "a PyPI token", "AKIA": "an AWS access key", "ASIA": "an AWS access key", "AIza": "a Google API key",
    "ya29.": "a Google token", "dckr_": "a Docker Hub token", "dop_v1_": "a DigitalOcean token", "xox": "a Slack token",
    "sk_": "a Stripe key", "rk_": "a Stripe key", "sk-": "an API key (sk-)", "SG.": "a SendGrid key",
    "hv": "a Vault token", "SWMTKN": "a join token of a swarm", "SWMKEY": "the unlock key of a swarm",
}  # fmt: skip
"""How a token begins -> what it is."""

_LOOSE = ("sk-", "pypi-", "xox")
"""Beginnings that ordinary words have, too (`sk-spinner-…`): these need letters of both cases, and a digit."""

_SAMPLE = lazy_pattern(r"(?i)example|x{4,}|\*{3,}|\.{3}|0{8,}|12345|abcde|your[-_]|placeholder|redacted|dummy|changeme")
_NO_PASSWORD = lazy_pattern(
    r"(?i)(?:\$.*|.*\$\{.*|\{.*\}|<.*>|%\(.*|\*+|x+|\.+|.*(?:example|placeholder|redacted|dummy|change[-_]?(?:me|it|this)).*"
    r"|(?:your|my|some|the)[-_ ].*|(?:user|db|app|root|admin|my|your)?[-_]?"
    r"(?:pass(?:word|wd|phrase)?|pw|pwd|secret|token|key)|user(?:name)?|todo|tbd|fixme|none|null|foo|bar|test|hash:.*|enc\[.*|encrypted:.*|vault:.*|op://.*)\Z"
)
"""Values that stand for a password: of samples, and what programs put there that keep the secret itself elsewhere."""

_ENV_FILE = lazy_pattern(r"(?i)(?:\.env(?:rc)?(?:\..+)?|.+\.env)\Z")
_SAMPLE_FILE = lazy_pattern(r"(?i)(?:.*[._-])?(?:example|sample|template|tmpl|dist|defaults?|test|ci)(?:\.env)?\Z")
_PAIR = lazy_pattern(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:](.+)$", re.MULTILINE)

_HINTS = ("PRIVATE KEY", "PuTTY", "://", *(f"{begin}" for begin in _WHOSE), _AGE, "hooks.slack", "discord.com")


def secrets_in(text: str, name: str, values: set[str]) -> tuple[WrittenSecret, ...]:
    """What stands in it, by line. `values` takes the secrets themselves."""
    by_line: dict[int, WrittenSecret] = {}
    ends: list[int] = []
    for kind, says, start, value in _all(text, os.path.basename(name)):
        ends = ends or [*_line_ends(text), len(text)]
        line = bisect.bisect_left(ends, start) + 1
        values.add(value)
        by_line.setdefault(line, WrittenSecret(kind, says, Source(name, line=line)))
    return tuple(by_line[line] for line in sorted(by_line))


def _line_ends(text: str) -> Iterator[int]:
    return (end.start() for end in re.finditer("\n", text))


def _all(text: str, name: str) -> Iterator[tuple[SecretKind, str, int, str]]:
    sample = _SAMPLE_FILE.match(name) is not None
    if any(hint in text for hint in _HINTS):
        yield from _keys(text)
        yield from _tokens(text)
        if not sample:
            yield from _addresses(text)
    if _ENV_FILE.match(name) and not sample:
        yield from _named(text)


def _keys(text: str) -> Iterator[tuple[SecretKind, str, int, str]]:
    for block in KEY_BLOCK.finditer(text):
        inner = _inner(block[0])
        if len(inner) < 60 or _SAMPLE.search(block[0][:200]):
            continue  # a sample, or a text that speaks of keys
        locked = "ENCRYPTED" in block[0][:200] or _takes_passphrase(inner)
        kind = SecretKind.LOCKED_KEY if locked else SecretKind.PRIVATE_KEY
        yield kind, "a private key that takes a passphrase" if locked else "a private key", block.start(), inner[:64]
    for found in _PUTTY.finditer(text):
        yield SecretKind.PRIVATE_KEY, "a private key of PuTTY", found.start(), found[0]


def _inner(block: str) -> str:
    """What stands below the first line, until something else does: a text may speak of a key, and never end it."""
    _, _, below = block.replace("\\n", "\n").partition("KEY")
    lines: list[str] = []
    for line in _REST_OF_FIRST.sub("", below).splitlines():
        word = line.strip(" \t\"'#,+\\")
        if _BASE64.fullmatch(word):
            lines.append(word)
        elif word and _HEADER.match(word) is None:
            break
    return "".join(lines)


def _takes_passphrase(inner: str) -> bool:
    """OpenSSH's own format says so inside: which key derivation is used."""
    try:
        return b"bcrypt" in base64.b64decode(inner[:120])
    except (binascii.Error, ValueError):
        return False


def _tokens(text: str) -> Iterator[tuple[SecretKind, str, int, str]]:
    for found in TOKEN.finditer(text):
        token = found[0]
        if token.startswith(_AGE):
            yield SecretKind.PRIVATE_KEY, "a private key of age", found.start(), token
        elif not token.startswith("eyJ") and not _SAMPLE.search(token) and not _is_a_word(token):
            whose = next((says for begin, says in _WHOSE.items() if token.startswith(begin)), "a token")
            yield SecretKind.TOKEN, whose, found.start(), token
    for found in CHAT_HOOK.finditer(text):
        if not _SAMPLE.search(found[0]):
            yield SecretKind.TOKEN, "the address of a chat's webhook", found.start(), found[0]


def _is_a_word(token: str) -> bool:
    cases = (re.search("[a-z]", token[4:]), re.search("[A-Z]", token[4:]), re.search("[0-9]", token[4:]))
    return len(set(token)) < 10 or (token.startswith(_LOOSE) and not all(cases))


def _addresses(text: str) -> Iterator[tuple[SecretKind, str, int, str]]:
    for found in IN_ADDRESS.finditer(text):
        user, password = found[1], found[2]
        if (
            not _NO_PASSWORD.match(password)
            and not _SAMPLE.search(password)
            and "example" not in text[found.end() :][:40]
        ):
            scheme = re.search(r"([a-z][a-z0-9+.-]{0,30})://\Z", text[max(0, found.start() - 40) : found.start()], re.I)
            yield (
                SecretKind.ADDRESS,
                f"a password in an address ({scheme[1] if scheme else user}://)",
                found.start(),
                password,
            )


def _named(text: str) -> Iterator[tuple[SecretKind, str, int, str]]:
    for found in _PAIR.finditer(text):
        value = found[2].strip().strip("\"'")
        if is_secret(found[1], value) and not _NO_PASSWORD.match(value):
            yield SecretKind.PASSWORD, f"the value of {found[1]}", found.start(), value
