"""A request without what may be secret in it: an audit log is read by more people than the engine's API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from ...facts.redaction import HIDDEN, redacted_text
from ...facts.secret_values import without_values
from ..asked import Asked

MOST_CHARACTERS = 1000

_SHOWN = frozenset(
    "all condition copyUIDGID details detachKeys dockerfile dockworthy follow force fromImage h link name"
    " noOverwriteDirNonDir"
    " noprune path pause platform ps_args quiet repo rm signal since size stderr stdin stdout stream t tag tail"
    " timestamps until v version w".split()
)
"""Names of a query whose values are no secrets; any other's is hidden: build arguments, remotes, changes, filters."""
_SECRET_KEYS = frozenset(
    "env data buildargs password auth identitytoken registrytoken serveraddress jointoken unlockkey labels options"
    " driveropts options cmd entrypoint args config".split()
)
_SHORTEST = 4
"""Characters: shorter values would blank half a sentence, and are no secrets."""
_SHORTEST_PIECE = 8
"""Of a longer value, which a sentence may quote in part."""
_USERINFO = re.compile(r"//[^/@\s]+@")
_BETWEEN = re.compile(r"[\s\"'{}:=@/,&;]+")


class _Image(msgspec.Struct, frozen=True):
    """Of a body, nothing else of which is made into objects."""

    image: str = msgspec.field(name="Image", default="")


_image_decoder = msgspec.json.Decoder(_Image)


def shown_target(target: str) -> str:
    """Path and query; whatever a client wrote, it stays one line of ASCII."""
    path, question, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    parts = [f"{_quoted(name)}={_quoted(value) if name in _SHOWN else HIDDEN}" for name, value in pairs]
    whole = _quoted(without_login(path), "/:@%*") + (question and "?" + "&".join(parts))
    return whole if len(whole) <= MOST_CHARACTERS else whole[: MOST_CHARACTERS - 1] + "…"


def without_login(text: str) -> str:
    """An address without the name and password before its host."""
    return _USERINFO.sub(f"//{HIDDEN}@", text)


def without_secrets(text: str, asked: Asked) -> str:
    """A sentence of the guard's, should it quote what the request carried."""
    if not text:
        return text  # allowed: nothing is said
    return without_values(redacted_text(text), _secrets(asked), HIDDEN)


def image_of(body: bytes) -> str:
    """The one thing of a body that is worth keeping: `Image`, `""` where there is none that can be read."""
    try:
        image = _image_decoder.decode(body).image
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return without_login(image)[:MOST_CHARACTERS]


def _secrets(asked: Asked) -> Iterator[str]:
    for name, value in parse_qsl(asked.target.partition("?")[2], keep_blank_values=True):
        if name not in _SHOWN:
            yield from _worth_hiding(value)
    yield from _worth_hiding(asked.headers.get("x-registry-auth", ""))
    for userinfo in _USERINFO.findall(asked.target):
        yield from _worth_hiding(userinfo)
    yield from _inside(_document(asked.body))


def _inside(document: Any) -> Iterator[str]:
    """What stands below a key whose values people choose, and a login in an address, however deep it is nested."""
    left: list[tuple[Any, bool]] = [(document, False)]
    while left:
        value, secret = left.pop()
        if isinstance(value, dict):
            left += ((inner, secret or key.lower() in _SECRET_KEYS) for key, inner in value.items())
        elif isinstance(value, list):
            left += ((inner, secret) for inner in value)
        elif isinstance(value, str):
            for shown in (value, value.partition("=")[2]) if secret else _USERINFO.findall(value):
                yield from _worth_hiding(shown)


def _worth_hiding(value: str) -> Iterator[str]:
    if len(value) >= _SHORTEST:
        yield value
    yield from (piece for piece in _BETWEEN.split(value) if len(piece) >= _SHORTEST_PIECE)


def _document(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _quoted(text: str, safe: str = "/:@,") -> str:
    return quote(text, safe=safe, errors="replace")


__all__ = ["HIDDEN", "MOST_CHARACTERS", "image_of", "shown_target", "without_login", "without_secrets"]
