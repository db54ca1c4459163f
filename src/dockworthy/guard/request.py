"""A request to the engine, as it was sent, with its target in the one form that can't be read in two ways.

And the error that stands for every refusal of its form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from ..model.dialect import Version

MOST_CHARACTERS = 32 * 1024
SHORT = 256
"""Characters of what programs ask again and again; it is read once."""

_ALLOWED = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*(\?[A-Za-z0-9\-._~!$&'()*+,;=:@/%?]*)?")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_VERSION = re.compile(r"/v(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})(?=/)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RequestTarget(Struct, frozen=True):
    """`path` is decoded and without its version (None: the engine's newest); `query` holds every value of a name."""

    version: Version | None
    path: str
    query: Mapping[str, tuple[str, ...]]


def read_target(raw: str) -> RequestTarget:
    """Raises NotCanonical for what is no path of this server, is escaped wrongly or walks through the tree."""
    return _often_read(raw) if len(raw) <= SHORT else _read(raw)


def _read(raw: str) -> RequestTarget:
    if len(raw) > MOST_CHARACTERS:
        raise NotCanonical(f"the address has more than {MOST_CHARACTERS} characters")
    if not _ALLOWED.fullmatch(raw) or _BROKEN_ESCAPE.search(raw):
        raise NotCanonical("the address holds characters that belong escaped, or a broken escape")
    path_text, _, query_text = raw.partition("?")
    path = _decoded(path_text, "path")
    if any(part in ("", ".", "..") for part in path.split("/")[1:]):
        raise NotCanonical("the path has empty parts, or walks with . or ..")
    version = _VERSION.match(path)
    if version is None:
        return RequestTarget(None, path, _query(query_text))
    return RequestTarget(Version(int(version[1]), int(version[2])), path[version.end() :], _query(query_text))


_often_read = lru_cache(maxsize=512)(_read)


def _query(text: str) -> Mapping[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    if ";" in text:
        raise NotCanonical("the query holds a semicolon: it belongs escaped")
    for pair in text.split("&") if text else ():
        name, _, value = (_decoded(part.replace("+", "%20"), "query") for part in pair.partition("="))
        values[name] = (*values.get(name, ()), value)
    return values


def _decoded(text: str, part: str) -> str:
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise NotCanonical(f"the {part} is no UTF-8") from None
    if part == "path" and _CONTROL.search(decoded):
        raise NotCanonical("the path holds control characters")
    return decoded


class GuardRequest(Struct, frozen=True, kw_only=True):
    """`target` is the request line's, escapes and all; `headers` by name in small letters; `body` empty where none
    was seen (the engine shows an authorization plugin bodies of JSON only). `user`: who sent it, as far as the engine
    knows: the name in a client's certificate. `role` and `grant`: by which of theirs it passes, where
    a role decided."""

    method: str
    target: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    user: str = ""
    role: str = ""
    grant: str = ""


class NotCanonical(Exception):
    """The request could be read in two ways, or is none that the guard knows: it is refused. The text says why."""


class NotAName(NotCanonical):
    """A name in the request is none that the engine takes. The text says which, and why."""


_NOT_THERE = {
    "container": "No such container: {}",
    "execution": "No such exec instance: {}",
    "volume": "get {}: no such volume",
    "plugin": 'plugin "{}" not found',
}
"""The words of Engine 26.1 for an object that is not there; of all other kinds `KIND NAME not found`."""


class NotThere(NotCanonical):
    """The request names an object that is not there now. Text and status are the engine's own answer to that: by them
    a client knows what to create or to leave out."""

    def __init__(self, kind: str, reference: str, status: int = 404) -> None:
        super().__init__(_NOT_THERE.get(kind, f"{kind} {{}} not found").format(reference))
        self.status = status


class TooMuch(NotCanonical):
    """The request asks for more than the guard looks into. The text says of what."""
