"""A request without what may be secret in it: an audit log is read by more people than the engine's API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from ...facts.redaction import HIDDEN, redacted_text
from ...facts.secret_values import without_values
from ..request import GuardRequest

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
_DIGEST = r"[a-z0-9+._-]+:[0-9a-fA-F]{32,}(?![0-9A-Za-z])"
_USERINFO = re.compile(rf"//[^/@\s]+@(?!{_DIGEST})")
_LOGIN = re.compile(rf"(?<![^\s/=,;\"'(])[^\s/@:=,;\"'(]+:[^\s@]*@(?!{_DIGEST})")
"""`user:password@host` without a scheme."""
_IN_IMAGE = re.compile(rf"(?P<scheme>(?:https?://)?).*@(?!{_DIGEST})", re.DOTALL)
"""In the name of an image `@` stands before a digest, and nowhere else."""
_IN_PATH = re.compile(
    rf"(?P<before>(?:/v[0-9][0-9.]*)?/+(?:(?:images|distribution|plugins|containers)/)?).*@(?!{_DIGEST})", re.DOTALL
)
_IMAGES = frozenset(("fromImage", "names", "repo", "t", "tag"))
_ESCAPED_OFTEN = 3
"""Times that a path is unescaped to look for a login: the engine does it once."""
_BETWEEN = re.compile(r"[\s\"'{}:=@/,&;]+")


class _Image(msgspec.Struct, frozen=True):
    """Of a body, nothing else of which is made into objects."""

    image: str = msgspec.field(name="Image", default="")


_image_decoder = msgspec.json.Decoder(_Image)


def shown_target(target: str) -> str:
    """Path and query; whatever a client wrote, it stays one line of ASCII."""
    path, question, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    parts = [f"{_quoted(name)}={_quoted(_shown(name, value)) if name in _SHOWN else HIDDEN}" for name, value in pairs]
    whole = _quoted(_path_without_login(path), "/:@%*") + (question and "?" + "&".join(parts))
    return whole if len(whole) <= MOST_CHARACTERS else whole[: MOST_CHARACTERS - 1] + "…"


def without_login(text: str) -> str:
    """Addresses without the name and password before their hosts."""
    if "@" not in text:
        return text
    return _LOGIN.sub(f"{HIDDEN}@", _USERINFO.sub(f"//{HIDDEN}@", text))


def image_without_login(name: str) -> str:
    """Of an image, or of anything that is named as it may stand in a path: only a digest has an `@` before it."""
    return _IN_IMAGE.sub(rf"\g<scheme>{HIDDEN}@", name, count=1) if "@" in name else name


def action_without_login(action: str) -> str:
    """What was asked; of a request that took no route its method and path."""
    method, space, path = action.partition(" ")
    return f"{method}{space}{_path_without_login(path)}" if space else without_login(action)


def _path_without_login(path: str) -> str:
    plain = _unescaped(path)
    hidden = _IN_PATH.sub(rf"\g<before>{HIDDEN}@", plain, count=1) if "@" in plain else plain
    return path if hidden == plain else hidden


def _unescaped(text: str) -> str:
    for _ in range(_ESCAPED_OFTEN if "%" in text else 0):
        text = unquote(text, errors="surrogateescape")
    return text


def _shown(name: str, value: str) -> str:
    return image_without_login(value) if name in _IMAGES else without_login(value)


def without_secrets(text: str, asked: GuardRequest) -> str:
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
    return image_without_login(image)[:MOST_CHARACTERS]


def _secrets(asked: GuardRequest) -> Iterator[str]:
    for name, value in parse_qsl(asked.target.partition("?")[2], keep_blank_values=True):
        if name not in _SHOWN:
            yield from _worth_hiding(value)
        elif name in _IMAGES:
            yield from _logins(value)
    yield from _worth_hiding(asked.headers.get("x-registry-auth", ""))
    for login in _logins(_unescaped(asked.target)):
        yield from _worth_hiding(login)
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
            for shown in (value, value.partition("=")[2]) if secret else _logins(value):
                yield from _worth_hiding(shown)


def _logins(text: str) -> Iterator[str]:
    """What stands before the host of an address, or of an image."""
    if "@" in text:
        yield from _USERINFO.findall(text)
        yield from _LOGIN.findall(text)
        if found := _IN_IMAGE.match(text):
            yield found[0].removesuffix("@").rpartition("/")[2] if "?" in text else found[0].removesuffix("@")


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
