"""Replaces secret values in whatever dockworthy shows, sends or keeps: facts, release records, answers, logs.

`redacted` and `redacted_text` are the entry points for everybody. They put `***` where a secret stood.
`Redactor(key)` puts `hash:` and 16 hex digits (HMAC-SHA-256, cut) there, so that equal secrets still compare.
"""

from __future__ import annotations

from typing import Any

from ..model.edge_network import is_alias
from ..model.secret_names import is_redacted, is_secret
from .secret_values import hide_in_arguments, hide_in_text

HIDDEN = "***"
"""Stands where a secret stood, unless the caller wants another mark."""

_PAIRS = frozenset({"Env", "Labels", "BuildArgs", "environment", "labels", "annotations"})
"""Lists of `NAME=value`."""
_NAMES = frozenset({"Aliases", "DNSNames"})
"""A container's names on its networks: the edge finds it by one that is a secret."""
_MAPS = frozenset(
    {"Labels", "Options", "DriverOpts", "Annotations", "Opts", "StorageOpt", "log-opts", "options", "labels"}
    | {"environment", "annotations", "args", "driver_opts", "storage_opt"}  # Compose
)
"""Objects whose keys a person chose. Other objects' keys are the API's own words."""
_ALWAYS = frozenset({"JoinTokens", "UnlockKey", "SigningCAKey", "IdentityToken", "RegistryToken"})
"""Secrets by the API's own word for them. (A config's content, `Spec.Data`, is none of our business either.)"""
_COMMANDS = (("Entrypoint", "Cmd"), ("Command", "Args"), ("entrypoint", "command"))
_TEXTS = frozenset(
    {"Cmd", "Entrypoint", "Args", "Test", "Command", "CreatedBy", "Output", "Env", "Labels", "Description", "Path"}
    | {"command", "entrypoint", "test", "environment", "labels", "annotations", "args", "content"}  # Compose
)
"""Where a secret that was found in one place is likely to stand again in the same object."""


def redacted(document: Any) -> Any:
    """A copy of a decoded JSON document with `***` for each secret value; its shape and all else stay.

    The document may be an answer of the Docker Engine's API (a container, an image with its history, a service, a
    task, a plugin), a Compose model (`docker compose config --format json`), a part of one, or a text. Secrets are
    found in environments, labels, options, commands, health checks, URLs, LogConfig, build arguments and history.
    """
    return Redactor(None).clean(document)


def redacted_text(text: str) -> str:
    """A text (a command line, a line of a log, a URL, an instruction of a Dockerfile) with `***` for each secret."""
    return str(Redactor(None).clean(text))


class Redactor:
    """Hides secrets in the engine's objects and Compose models. Not for several threads at once.

    `key` makes the hashes that stand for secrets; with None, `***` stands for each.
    """

    def __init__(self, key: bytes | None) -> None:
        self._key = key
        self._harmless: set[str] = set()
        self._found: set[str] = set()

    @property
    def found(self) -> frozenset[str]:
        """The secrets that were hidden, since the last `clean` began."""
        return frozenset(self._found)

    def clean(self, facts: Any) -> Any:
        """A copy of decoded JSON, secrets hidden. What is found anywhere in it is hidden everywhere in its texts."""
        self._found = set()
        cleaned = self._walk(facts, "", "")
        again = [value for value in self._found if len(value) >= 8 and not value.isalpha() and value[0] != "/"]
        if again:
            again.sort(key=len, reverse=True)
            cleaned = self._repeat(cleaned, "", again)
        return cleaned

    def hide(self, secret: str) -> str:
        """The hash that stands for a secret."""
        if is_redacted(secret) or secret == HIDDEN:
            return secret
        self._found.add(secret)
        return self._hash(secret)

    def named(self, name: str, value: str) -> str:
        """The value of a variable, label or option: hidden whole where name or value says that it is a secret."""
        if is_secret(name, value) or self._text(value) != value:
            return self.hide(value)
        return value

    def _hash(self, secret: str) -> str:
        if self._key is None:
            return HIDDEN
        import hmac  # with OpenSSL behind it: only where there is a secret

        digest = hmac.digest(self._key, secret.encode(errors="surrogatepass"), "sha256")
        return f"hash:{digest.hex()[:16]}"

    def _text(self, text: str) -> str:
        if text in self._harmless:
            return text
        text = self._ascii(text)
        hidden = hide_in_text(text, self.hide)
        if hidden == text:
            self._harmless.add(text)
        return hidden

    @staticmethod
    def _ascii(text: str) -> str:
        """The text, or where it has a name of odd bytes, which JSON can't hold, `?` for each."""
        return text if text.isascii() else text.encode(errors="replace").decode()

    def _walk(self, value: Any, key: str, above: str) -> Any:
        if isinstance(value, str):
            whole = key in _ALWAYS or (key, above) == ("Data", "Spec")
            return self.hide(value) if whole and value else self._text(value)
        if isinstance(value, dict):
            return self._object(value, key, above)
        if isinstance(value, list | tuple):
            return self._list(value, key)
        return value

    def _object(self, value: dict[str, Any], key: str, above: str) -> dict[str, Any]:
        if key in _ALWAYS:
            return {name: self.hide(item) if isinstance(item, str) and item else item for name, item in value.items()}
        if key in _MAPS or (key, above) == ("Config", "LogConfig"):
            return {k: self.named(k, v) if isinstance(v, str) else self._walk(v, k, key) for k, v in value.items()}
        value = self._command(value)
        if isinstance(value.get("Name"), str) and isinstance(value.get("Value"), str):  # a plugin's settings
            return {**value, "Value": self.named(value["Name"], value["Value"])}
        return {name: self._walk(item, name, key) for name, item in value.items()}

    def _command(self, value: dict[str, Any]) -> dict[str, Any]:
        """A flag may end the one list of a command, and its value begin the other."""
        for first, second in _COMMANDS:
            start, rest = value.get(first), value.get(second)
            if isinstance(start, list) and isinstance(rest, list) and all(isinstance(i, str) for i in start + rest):
                whole = hide_in_arguments(start + rest, self.hide)
                value = {**value, first: whole[: len(start)], second: whole[len(start) :]}
        return value

    def _list(self, value: list[Any] | tuple[Any, ...], key: str) -> list[Any]:
        if not all(isinstance(item, str) for item in value):
            return [self._walk(item, key, "") for item in value]
        if key in _PAIRS:
            return [self._pair(item) for item in value]
        if key in _NAMES:
            return [self.hide(item) if is_alias(item) else item for item in value]
        return hide_in_arguments([self._ascii(item) for item in value], self.hide)

    def _pair(self, item: str) -> str:
        name, equals, value = item.partition("=")
        return f"{name}={self.named(name, value)}" if equals else self._text(item)

    def _repeat(self, value: Any, key: str, secrets: list[str]) -> Any:
        if isinstance(value, dict):
            return {
                name: self._repeat(item, name if key not in _TEXTS else key, secrets) for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._repeat(item, key, secrets) for item in value]
        if isinstance(value, str) and key in _TEXTS:
            for secret in secrets:
                if secret in value:
                    value = value.replace(secret, self._hash(secret))
        return value
