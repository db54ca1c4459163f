"""What an answer may hold of secrets, blanked for those who may see what is there, but no secrets.

The same in every answer: values of environments (also as an image's history and its instructions show them), contents
of configs, options of drivers and of plugins. Labels and command lines stay. Sources: Engine API v1.45; the classic
builder's commit messages (`#(nop)`, `|1 NAME=value`); BuildKit's history of images.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

BLANK = "***"

HIDING = frozenset(
    (
        "GET /info",
        "GET /containers/{container}/json",
        "GET /exec/{execution}/json",
        "GET /images/{image}/json",
        "GET /images/{image}/history",
        "GET /services",
        "GET /services/{object}",
        "GET /tasks",
        "GET /tasks/{object}",
        "GET /secrets",
        "GET /secrets/{object}",
        "GET /configs",
        "GET /configs/{object}",
        "GET /plugins",
        "GET /plugins/{plugin}/json",
        "GET /volumes",
        "GET /volumes/{volume}",
        "GET /networks",
        "GET /networks/{network}",
        "GET /system/df",
    )
)
"""The routes whose answers hold any of it."""
_OWN_NETWORKS = frozenset(("bridge", "overlay", "macvlan", "ipvlan", "host", "null", "ingress"))
"""Drivers of the engine's own: their options are addresses and names of interfaces."""
_LOG_OPTIONS = frozenset(
    "max-size max-file max-buffer-size compress mode labels labels-regex env env-regex tag cache-disabled"
    " cache-max-size cache-max-file cache-compress".split()
)
"""Options of log drivers that are sizes and names. Others hold addresses and tokens."""
_USERINFO = re.compile(r"//[^/@\s]+@")
_VARIABLE = re.compile(
    r"(?P<before>(?:^|#\(nop\)\s*)(?:ONBUILD\s+)?(?:ENV|ARG)\s+[^\s=]+)(?P<sign>[\s=])", re.IGNORECASE
)
_BUILD_ARGUMENTS = re.compile(r"(?P<before>(?:^|ONBUILD\s+)(?:RUN\s+)?\|[0-9]+) ")
_COUNT = re.compile(r"\|[0-9]+")
_SHELL = " /bin/sh -c "


def without_secrets(body: bytes) -> bytes:
    """The same JSON: the names of what is blanked stay.

    Raises ValueError for what is no JSON.
    """
    try:
        return msgspec.json.encode(_blanked(msgspec.json.decode(body))) + b"\n"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _blanked(value: Any, key: str = "") -> Any:
    blank = _BY_KEY.get(key)
    if blank is not None:
        return blank(value)
    if isinstance(value, list):
        return [_blanked(item) for item in value]
    if isinstance(value, dict):
        return _object(value)
    return value


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _blanked(item, name) for name, item in value.items()}
    if "IPAM" in value and value.get("Driver") in _OWN_NETWORKS:
        found["Options"] = value.get("Options")
    if "Mountpoint" in value and isinstance(value.get("Status"), dict):
        found["Status"] = _values(value["Status"])  # what a volume's driver tells of it
    path, arguments = value.get("Path"), value.get("Args")
    if isinstance(path, str) and isinstance(arguments, list):  # a container's command in two pieces
        found["Args"] = _command([path, *arguments])[1:]
    return found


def _environment(value: Any) -> Any:
    """`NAME=value` each; a plugin's are objects with a name and a value."""
    if not isinstance(value, list):
        return _blanked(value)
    return [_variable(item) if isinstance(item, str) else _named(item) for item in value]


def _variable(item: str) -> str:
    name, sign, _ = item.partition("=")
    return f"{name}={BLANK}" if sign else item


def _named(item: Any) -> Any:
    """`{Name: …, Value: …}`, of a plugin's settings."""
    return _values(item, "Value") if isinstance(item, dict) else _blanked(item)


def _values(value: Any, *names: str) -> Any:
    """Those of an object, or all that have one of these names; in a list each."""
    if isinstance(value, dict):
        return {name: item if names and name not in names else _hidden(item) for name, item in value.items()}
    return _hidden(value) if isinstance(value, list) else value


def _hidden(item: Any) -> Any:
    """Of the same kind: clients read it."""
    return [BLANK] * len(item) if isinstance(item, list) else None if item is None else BLANK


def _as_it_is(value: Any) -> Any:
    return value


def _data(value: Any) -> Any:
    """A config's; clients decode it from base64. Elsewhere it is an object (of a storage driver)."""
    return "" if isinstance(value, str) else _blanked(value)


def _logging(value: Any) -> Any:
    """`{Type: …, Config: …}` of a container, `{Name: …, Options: …}` of a service."""
    if not isinstance(value, dict):
        return value
    return {
        name: {each: text if each in _LOG_OPTIONS else BLANK for each, text in item.items()}
        if isinstance(item, dict)
        else item
        for name, item in value.items()
    }


def _settings(value: Any) -> Any:
    """Of a plugin: its arguments are a list of words."""
    if not isinstance(value, dict):
        return value
    found = _object(value)
    return found | {"Args": _values(value["Args"])} if "Args" in value else found


def _arguments(value: Any) -> Any:
    """What a plugin says of its arguments. Those of containers and services are command lines."""
    return _named(value) if isinstance(value, dict) else _command(value)


def _command(value: Any) -> Any:
    """The classic builder runs `|1 NAME=value /bin/sh -c …`, and notes instructions as `… #(nop) ENV NAME=value`."""
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value) or not value:
        return value
    if _COUNT.fullmatch(value[0]):
        count = int(value[0][1:])
        return [value[0], *map(_variable, value[1 : 1 + count]), *value[1 + count :]]
    return _instructions(value) if any(word.startswith("#(nop)") for word in value) else value


def _instructions(value: Any) -> Any:
    return [_instruction(word) for word in value] if isinstance(value, list) else _instruction(value)


def _instruction(text: Any) -> Any:
    """A line of a Dockerfile, as images keep them. A value may hold spaces, so it ends where the line does."""
    if not isinstance(text, str):
        return text
    variable = _VARIABLE.search(text)
    if variable is not None:
        return f"{text[: variable.end('before')]}{variable['sign']}{BLANK}"
    arguments = _BUILD_ARGUMENTS.match(text)
    if arguments is not None:
        _, shell, command = text.rpartition(_SHELL)
        text = f"{arguments['before']} {BLANK}{shell}{command if shell else ''}"
    return _USERINFO.sub(f"//{BLANK}@", text)


_BY_KEY: Mapping[str, Callable[[Any], Any]] = {
    "Labels": _as_it_is,
    "Env": _environment,
    "Data": _data,
    "Options": _values,
    "DriverOpts": _values,
    "LogConfig": _logging,
    "LogDriver": _logging,
    "Settings": _settings,
    "Args": _arguments,
    "Cmd": _command,
    "CreatedBy": _instruction,
    "OnBuild": _instructions,
}
