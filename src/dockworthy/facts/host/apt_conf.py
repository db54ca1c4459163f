"""apt.conf(5): `A::B "x";` and `A { B "x"; };`, with comments. Later files and lines win; lists add up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .root import Root

_TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|\#[^\n]*|"(?P<quoted>[^"\n]*)"|(?P<mark>[{};])|(?P<word>[^\s{};"]+)""", re.DOTALL
)

Settings = dict[str, list[str]]
"""Lower-case full name (`apt::periodic::unattended-upgrade`) -> its values, in order."""


def read_apt_conf(root: Root) -> Settings:
    """All of apt's settings. Raises OSError where a file is there and can't be read."""
    settings: Settings = {}
    folder = "/etc/apt/apt.conf.d"
    fragments = [f"{folder}/{name}" for name in root.names_or_none(folder) if _counts(name)]
    for path in [*fragments, "/etc/apt/apt.conf"]:
        try:
            text = root.read(path)
        except FileNotFoundError:
            continue
        for name, value in parse_apt_conf(text):
            settings.setdefault(name, []).append(value)
    return settings


def parse_apt_conf(text: str) -> Iterator[tuple[str, str]]:
    """(full name in lower case, value) of each setting; an item of a list has the list's name."""
    scopes: list[str] = []
    words: list[str] = []
    for token in _TOKEN.finditer(text):
        if token["mark"] == "{":
            scopes.append(words[0] if words else "")
            words = []
        elif token["mark"]:
            yield from _setting(scopes, words)
            words = []
            if token["mark"] == "}" and scopes:
                scopes.pop()
        elif token["quoted"] is not None or token["word"] is not None:
            words.append(token["quoted"] if token["quoted"] is not None else token["word"])


def _setting(scopes: list[str], words: list[str]) -> Iterator[tuple[str, str]]:
    if not words:
        return
    names = [*scopes, words[0]] if len(words) > 1 else scopes
    full = "::".join(name.strip(":") for name in names if name.strip(":"))
    yield full.lower(), words[-1]


def _counts(name: str) -> bool:
    """apt reads files without an ending or with .conf, and skips what editors and dpkg leave behind."""
    return re.fullmatch(r"[A-Za-z0-9_-]+(\.conf)?", name) is not None
