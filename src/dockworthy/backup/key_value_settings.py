"""How a server of Valkey or Redis was told to listen and whom it lets in, as far as its command line, its files and its
container's variables say. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

SERVERS = ("valkey-server", "redis-server")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?[-?][^}]*)?\})")
_PASSWORD = re.compile(r"(REDIS|VALKEY)\w*_?(PASS|PASSWORD|PASSWD|AUTH|REQUIREPASS)(_FILE)?")
_MOST_INCLUDES = 20
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
Read = Callable[[str], str | None]
"""The text of a file in the container; None where there is none."""


class Login(Struct, frozen=True):
    """`user`: "" for the one that needs no name. `password`: "" for none."""

    user: str = ""
    password: str = ""


class ServerSettings(Struct, frozen=True, kw_only=True):
    """`port` or `socket`: where it listens, in its container; neither where it is reached by TLS alone. `logins`: what
    may let in, the likeliest first. `values`: its other settings, by name."""

    port: int = 6379
    socket: str = ""
    logins: tuple[Login, ...] = ()
    values: dict[str, str] = {}


def server_settings(command: Sequence[str], environment: Mapping[str, str], read: Read) -> ServerSettings:
    """`command`: what the container was started with; `read` tells its files."""
    told = [*_by_command(_words(command, environment), read)]
    values = {words[0]: words[1] for words in told if len(words) == 2}
    port = values.get("port", "6379")
    socket = values.get("unixsocket", "")
    users = [login for words in told if words[0] == "user" if (login := _of_user(words[1:]))]
    if acl := read(values["aclfile"]) if "aclfile" in values else None:
        lines = (line.split() for line in acl.splitlines())
        users += [login for words in lines if words[:1] == ["user"] if (login := _of_user(words[1:]))]
    passwords = [values.get("requirepass", ""), *_by_environment(environment, read)]
    logins = [Login(), *(Login("", each) for each in passwords if each), *users]
    number = int(port) if port.isdecimal() else 0
    return ServerSettings(
        port=number, socket="" if number else socket, logins=tuple(dict.fromkeys(logins)), values=values
    )


def _words(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The server's own words. A shell's script is taken apart, and its variables are put in."""
    for number, word in enumerate(command):
        if word.rpartition("/")[2] in SERVERS:
            return [*command[number + 1 :]]
        if any(server in word for server in SERVERS) and len(word.split()) > 1:
            try:
                inside = shlex.split(word)
            except ValueError:
                inside = word.split()
            # `exec valkey-server ...`: what is behind another command is not its own any more
            filled = [_VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), each) for each in inside]
            at = next((at for at, each in enumerate(filled) if each.rpartition("/")[2] in SERVERS), None)
            if at is not None:
                own = filled[at + 1 :]
                ends = next((at for at, each in enumerate(own) if each in (";", "&&", "||", "|", "&")), len(own))
                return own[:ends]
    return []


def _by_command(words: Sequence[str], read: Read) -> Iterator[list[str]]:
    """Settings as lists of words, in the order in which the server takes them: its file, then its options."""
    if words and not words[0].startswith("-"):
        yield from _of_file(words[0], read, [])
    setting: list[str] = []
    for word in words:
        if word.startswith("--"):
            if setting:
                yield setting
            setting = [word[2:].lower()]
        elif setting:
            setting.append(word)
    if setting:
        yield setting


def _of_file(path: str, read: Read, seen: list[str]) -> Iterator[list[str]]:
    seen.append(path)
    for line in (read(path) or "").splitlines():
        words = quoted_words(line)
        if not words or words[0].startswith("#"):
            continue
        words[0] = words[0].lower()
        if words[0] == "include" and len(words) == 2:
            if words[1] not in seen and len(seen) < _MOST_INCLUDES:
                yield from _of_file(words[1], read, seen)
            continue
        yield words


def quoted_words(line: str) -> list[str]:
    """As the server itself takes a line of its configuration apart (sdssplitargs); nothing for one with an open
    quote."""
    found: list[str] = []
    rest = line.strip()
    while rest:
        if rest[0] == '"':
            whole = re.match(r'"((?:\\.|[^"\\])*)"(?=\s|$)', rest, re.DOTALL)
            text = _ESCAPE.sub(_unescaped, whole[1]) if whole else ""
        elif rest[0] == "'":
            whole = re.match(r"'((?:\\'|[^'])*)'(?=\s|$)", rest, re.DOTALL)
            text = whole[1].replace("\\'", "'") if whole else ""
        else:
            whole = re.match(r"\S+", rest)
            text = whole[0] if whole else ""
        if whole is None:
            return []
        found.append(text)
        rest = rest[whole.end() :].lstrip()
    return found


def _unescaped(found: re.Match[str]) -> str:
    letter = found[1]
    return chr(int(letter[1:], 16)) if len(letter) == 3 else _LETTERS.get(letter, letter)


def _of_user(words: Sequence[str]) -> Login | None:
    """Of the rule of a user, which may have its password as text; None where it has not, or is off."""
    password = next((word[1:] for word in words[1:] if word.startswith(">")), "")
    if not words or "off" in words or (not password and "nopass" not in words):
        return None
    return Login(words[0], password)


def _by_environment(environment: Mapping[str, str], read: Read) -> Iterator[str]:
    """Variables in which images take their password: REDIS_PASSWORD, VALKEY_PASSWORD_FILE ..."""
    for name, value in environment.items():
        if (found := _PASSWORD.fullmatch(name)) and value:
            yield (read(value) or "").rstrip("\r\n") if found[3] else value
