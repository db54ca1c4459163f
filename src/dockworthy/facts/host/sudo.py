"""Who may become root by sudo, and whether a password is asked: sudoers(5) as far as names and tags go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.field import Field, Source, Unset
from ...model.host import SudoRule
from .reading import written
from .root import Root, clean

_SUDOERS = "/etc/sudoers"
_PROGRAMS = ("/usr/bin/sudo", "/usr/local/bin/sudo", "/bin/sudo")
_INCLUDE = re.compile(r"[@#]include(dir)?\s+\"?([^\"\s]+)\"?")
_ALIAS = re.compile(r"(User|Cmnd)_Alias\s+(.+)")
_OTHER = re.compile(r"(?:Runas|Host)_Alias\b")
_DEFAULTS = re.compile(r"Defaults(?:[:@>!]\s*(\S+))?\s+(.+)")
_TAG = re.compile(r"\s*(NO)?PASSWD\s*:\s*|\s*[A-Z_]+\s*:\s*")
_RUNAS = re.compile(r"\s*\([^)]*\)\s*")
_MOST_DEPTH = 16

Line = tuple[str, str, int]
"""Text with its continuations, file, number."""


def read_sudo_rules(root: Root) -> Field[tuple[SudoRule, ...]]:
    """Unset where sudo is not installed. Raises OSError where a file can't be read: most are root's own."""
    if not root.exists(_SUDOERS) and not any(root.exists(program) for program in _PROGRAMS):
        root.names("/etc")  # raises where nothing at all can be seen
        return Unset(Source(_SUDOERS))
    lines = list(_lines(root, _SUDOERS))
    users, commands = _aliases(lines, "User"), _aliases(lines, "Cmnd")
    free = {who for text, _, _ in lines for who in _never_asked(text)}
    rules: list[SudoRule] = []
    for text, path, number in lines:
        rules += _rules(text, path, number, users, commands, free)
    return written(tuple(rules), _SUDOERS)


def _lines(root: Root, path: str, depth: int = 0) -> Iterator[Line]:
    if depth > _MOST_DEPTH:
        return
    started, text = 0, ""
    for number, line in enumerate(root.read(path).splitlines(), start=1):
        started = started or number
        text += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        include = _INCLUDE.match(text.strip())
        if include:
            yield from _included(root, include[2], include[1] is not None, depth + 1)
        elif (meant := re.sub(r"(?<!\\)#(?!\d).*", "", text).strip()) != "":
            yield meant, path, started
        started, text = 0, ""


def _included(root: Root, path: str, is_folder: bool, depth: int) -> Iterator[Line]:
    path = path if path.startswith("/") else f"/etc/{path}"
    if not is_folder:
        yield from _lines(root, path, depth)
        return
    try:
        names = root.names(path)
    except FileNotFoundError:
        return
    for name in names:
        if "." not in name and not name.endswith("~"):
            yield from _lines(root, f"{path}/{name}", depth)


def _aliases(lines: list[Line], kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, _, _ in lines:
        alias = _ALIAS.match(text)
        for part in re.split(r":(?=\s*[A-Z])", alias[2]) if alias and alias[1] == kind else ():
            name, _, members = part.partition("=")
            found[name.strip()] = _list(members)
    return found


def _never_asked(text: str) -> list[str]:
    """Whom a `Defaults !authenticate` frees: `""` everybody."""
    defaults = _DEFAULTS.match(text)
    return [defaults[1] or ""] if defaults and re.search(r"!\s*authenticate\b", defaults[2]) else []


def _rules(
    text: str, path: str, number: int, users: dict[str, list[str]], aliases: dict[str, list[str]], free: set[str]
) -> Iterator[SudoRule]:
    if _ALIAS.match(text) or _OTHER.match(text) or text.startswith("Defaults"):
        return
    who, equals, rest = text.partition("=")
    words = who.replace("\\ ", " ").split()
    if not equals or len(words) < 2:
        return
    names = _expanded(_list(" ".join(words[:-1])), users)
    for name in names:
        always = "" in free or name in free
        for without, commands in _by_tag(rest):
            whole = tuple(clean(command) for command in _expanded(commands, aliases))
            yield SudoRule(clean(name), whole, without or always, clean(path), number)


def _by_tag(text: str) -> Iterator[tuple[bool, list[str]]]:
    """(is no password asked, commands) for each run of commands with one tag: a tag holds until the next."""
    without = False
    runs: dict[bool, list[str]] = {}
    for command in _list(text):
        command = _RUNAS.sub("", command)
        while tag := _TAG.match(command):
            if "PASSWD" in tag[0]:
                without = tag[1] is not None
            command = command[tag.end() :]
        if command.strip():
            runs.setdefault(without, []).append(command.strip())
    yield from runs.items()


def _list(text: str) -> list[str]:
    """Parts between commas that no brackets hold together."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _expanded(names: list[str], aliases: dict[str, list[str]], depth: int = 0) -> list[str]:
    found: list[str] = []
    for name in names:
        inner = aliases.get(name) if depth < _MOST_DEPTH else None
        found += [name] if inner is None else _expanded(inner, aliases, depth + 1)
    return found
