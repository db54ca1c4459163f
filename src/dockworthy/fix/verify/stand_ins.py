"""Stand-ins for secrets: of the same shape, and the same for the same secret wherever it stands in the project.

An application and its database still agree on the password; it is only not the real one.
"""

from __future__ import annotations

import hmac
import re
import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from ...facts.secret_values import hide_in_arguments, hide_in_text
from ...model.secret_names import is_secret

_HEX = re.compile(r"[0-9a-fA-F-]{8,}\Z")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_LINE = re.compile(r"(\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*[=:]\s*)(.*)\Z")


class StandIns:
    """`key` is new for each run: nobody can tell a secret from its stand-in. `hand_in`: names that keep their value."""

    def __init__(self, key: bytes, hand_in: frozenset[str] = frozenset()) -> None:
        self._key = key
        self._hand_in = hand_in
        self._found: dict[str, str] = {}
        self._handed: set[str] = set()
        self._met: set[str] = set()

    def keeps(self, name: str, value: str = "") -> bool:
        """Is it handed in as it is? Then its `value` is real, and `hidden` knows it."""
        if name in self._hand_in:
            self._met.add(name)
            self._handed.update(line.strip() for line in value.splitlines() if len(line.strip()) >= 4)
        return name in self._hand_in

    @property
    def never_met(self) -> list[str]:
        """Names that were to be handed in, and that nothing has."""
        return sorted(self._hand_in - self._met)

    def hidden(self, text: str) -> str:
        """The text without what was handed in: a log may show it."""
        for secret in sorted(self._handed, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def of(self, secret: str) -> str:
        """The stand-in: letters for letters, digits for digits, hexadecimal for hexadecimal, the rest as it is."""
        bare = secret.strip()
        if not bare or bare in self._found.values():
            return secret
        if bare not in self._found:
            self._found[bare] = self._made(bare)
        return secret.replace(bare, self._found[bare], 1)

    def environment(self, variables: Mapping[str, str | None]) -> dict[str, str | None]:
        """The variables, secrets in them replaced. A variable without a value stays without."""
        return {name: value if value is None else self._variable(name, value) for name, value in variables.items()}

    def arguments(self, arguments: Any) -> Any:
        """A command: a list of words, or a text."""
        if isinstance(arguments, list) and all(isinstance(word, str) for word in arguments):
            return [self.text(word) for word in hide_in_arguments(arguments, self.of)]
        return self.text(arguments) if isinstance(arguments, str) else arguments

    def text(self, text: str) -> str:
        """A text in which secrets may stand: by their shape, or one that is known from elsewhere."""
        return self.known(hide_in_text(text, self.of))

    def known(self, text: str) -> str:
        """The text, with secrets that were found elsewhere replaced. A plain word may mean something else: it stays."""
        for secret in sorted(self._found, key=len, reverse=True):
            if len(secret) >= 8 and not secret.isalpha() and secret in text:
                text = text.replace(secret, self._found[secret])
        return text

    def secret(self, content: str) -> str:
        """The content of a whole secret: one value, lines of `NAME=value`, or JSON."""
        if len(content.split()) <= 1 and not content.lstrip().startswith(("{", "[")):
            return self.of(content)
        try:
            return msgspec.json.encode(self._leaves(msgspec.json.decode(content))).decode()
        except (msgspec.DecodeError, RecursionError):
            return "".join(self._line(line) for line in content.splitlines(keepends=True))

    def _variable(self, name: str, value: str) -> str:
        if self.keeps(name, value):
            return value
        return self.of(value) if is_secret(name, value) else self.text(value)

    def _leaves(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._leaves(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._leaves(item) for item in value]
        return self.of(value) if isinstance(value, str) else value

    def _line(self, line: str) -> str:
        if line.startswith("-----"):
            return line
        match = _LINE.match(line.rstrip("\r\n"))
        if match is None:
            return self.of(line)
        return match[1] + self.of(match[2]) + line[match.end() :]

    def _made(self, secret: str) -> str:
        if _ESCAPED.search(secret) and unquote(secret) != secret:  # it stands in a URL; elsewhere it may stand bare
            return quote(self.of(unquote(secret)), safe="")
        if secret.startswith("-----"):
            return "\n".join(self._line(line) for line in secret.splitlines())
        for attempt in range(8):
            made = self._scrambled(secret, attempt)
            if made != secret:
                return made
        return made.replace("0", "7")  # nothing but zeros

    def _scrambled(self, secret: str, attempt: int) -> str:
        classes = _classes(secret)
        made = []
        for block in range(0, len(secret), 32):
            stream = hmac.digest(self._key, f"{attempt}:{block}:{secret}".encode(errors="surrogatepass"), "sha256")
            for character, number in zip(secret[block : block + 32], stream, strict=False):
                alphabet = next((letters for letters in classes if character in letters), character)
                made.append(alphabet[number % len(alphabet)])
        return "".join(made)


def _classes(secret: str) -> tuple[str, ...]:
    """The alphabets that its characters are taken from. No 0: a number must not begin with it."""
    if _HEX.match(secret):
        return ("123456789abcdef", "ABCDEF", "0") if secret.lower() == secret else ("123456789ABCDEF", "abcdef", "0")
    return (string.ascii_lowercase, string.ascii_uppercase, "123456789", "0")
