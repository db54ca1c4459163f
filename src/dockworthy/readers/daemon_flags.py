"""The daemon's command line, as settings by their daemon.json names. Source: `dockerd --help`, engines 17.06 to 29."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import Any


class Kind(Enum):
    """How a flag's values become one setting."""

    SWITCH = auto()
    TEXT = auto()
    LIST = auto()
    MAP = auto()
    LIMITS = auto()
    POOLS = auto()


SWITCHES = frozenset(
    "allow-direct-routing cri-containerd debug experimental help icc init ip-forward ip-forward-no-drop ip-masq "
    "ip6tables iptables ipv6 live-restore no-new-privileges raw-logs rootless selinux-enabled tls tlsverify "
    "userland-proxy validate version".split()
)
"""Flags that stand alone for `true`."""

_LISTS = {
    "host": "hosts",
    "label": "labels",
    "authorization-plugin": "authorization-plugins",
    "insecure-registry": "insecure-registries",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
    "exec-opt": "exec-opts",
    "dns": "dns",
    "dns-opt": "dns-opts",
    "dns-search": "dns-search",
    "cdi-spec-dir": "cdi-spec-dirs",
    "node-generic-resource": "node-generic-resources",
    "allow-nondistributable-artifacts": "allow-nondistributable-artifacts",
}
_MAPS = {"log-opt": "log-opts", "add-runtime": "runtimes", "feature": "features"}
_SHORT = {
    "H": "host",
    "D": "debug",
    "l": "log-level",
    "b": "bridge",
    "G": "group",
    "g": "data-root",
    "p": "pidfile",
    "s": "storage-driver",
    "v": "version",
    "h": "help",
}
ALIASES = {"graph": "data-root"}
"""Names of old engines, in flags and in daemon.json."""


def settings_of(argv: Sequence[str]) -> dict[str, Any]:
    """Setting -> value, for the arguments after the program's own name. What is no flag is passed over."""
    given: dict[str, list[str]] = {}
    for flag, value in _flags(list(argv)):
        given.setdefault(ALIASES.get(flag, flag), []).append(value)
    return {setting_name(flag): _value(flag, values) for flag, values in given.items()}


def setting_name(flag: str) -> str:
    """The daemon.json name of a flag."""
    return _LISTS.get(flag) or _MAPS.get(flag) or _SPECIAL_NAMES.get(flag) or flag


def flag_name(setting: str) -> str:
    """The flag that writes a setting: where `hosts` stands on a command line is `--host`."""
    for names in (_LISTS, _MAPS, _SPECIAL_NAMES):
        for flag, name in names.items():
            if name == setting:
                return f"--{flag}"
    return f"--{setting}"


def _flags(words: list[str]) -> Iterator[tuple[str, str]]:
    while words:
        word = words.pop(0)
        if word == "--":
            return
        if word.startswith("--"):
            name, has_value, value = word[2:].partition("=")
            yield name, value if has_value else _value_after(name, words)
        elif word.startswith("-") and len(word) > 1:
            yield from _short_flags(word[1:], words)


def _short_flags(letters: str, words: list[str]) -> Iterator[tuple[str, str]]:
    """`-D`, `-H value`, `-Hvalue`, `-H=value`, `-DH value`."""
    while letters:
        name, letters = _SHORT.get(letters[0], letters[0]), letters[1:]
        if letters.startswith("="):
            yield name, letters[1:]
            return
        if name in SWITCHES:
            yield name, "true"
            continue
        yield name, letters or _value_after(name, words)
        return


def _value_after(name: str, words: list[str]) -> str:
    """A switch takes the next word only if it is plainly its value; any other flag always takes it."""
    if name in SWITCHES and not (words and words[0] in ("true", "false")):
        return "true"
    return words.pop(0) if words else ""


def _value(flag: str, values: list[str]) -> Any:
    """Repeated flags add up where the setting is a list or a map; else the last one counts."""
    return _READ[_kind(flag)](values)


def _kind(flag: str) -> Kind:
    if flag in SWITCHES:
        return Kind.SWITCH
    if flag in _LISTS:
        return Kind.LIST
    if flag in _MAPS:
        return Kind.MAP
    return {"default-ulimit": Kind.LIMITS, "default-address-pool": Kind.POOLS}.get(flag, Kind.TEXT)


def _switch(values: list[str]) -> bool:
    return values[-1].lower() in ("true", "t", "1")


def _text(values: list[str]) -> str:
    return values[-1]


def _map(values: list[str]) -> dict[str, str]:
    pairs = (value.partition("=") for value in values)
    return {key: value for key, _, value in pairs}


def _limits(values: list[str]) -> dict[str, dict[str, Any]]:
    """`nofile=1024:4096` -> {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096}}, as in daemon.json."""
    limits = {}
    for name, _, numbers in (value.partition("=") for value in values):
        soft, _, hard = numbers.partition(":")
        limits[name] = {"Name": name, "Soft": _number(soft), "Hard": _number(hard or soft)}
    return limits


def _pools(values: list[str]) -> list[dict[str, Any]]:
    """`base=10.10.0.0/16,size=24` -> {"base": "10.10.0.0/16", "size": 24}."""
    pools = (dict(part.partition("=")[::2] for part in value.split(",")) for value in values)
    return [{"base": pool.get("base", ""), "size": _number(pool.get("size", ""))} for pool in pools]


def _number(text: str) -> int | str:
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else text


_READ: dict[Kind, Callable[[list[str]], Any]] = {
    Kind.SWITCH: _switch,
    Kind.TEXT: _text,
    Kind.LIST: list,
    Kind.MAP: _map,
    Kind.LIMITS: _limits,
    Kind.POOLS: _pools,
}
_SPECIAL_NAMES = {"default-ulimit": "default-ulimits", "default-address-pool": "default-address-pools"}

__all__ = ["ALIASES", "SWITCHES", "Kind", "flag_name", "setting_name", "settings_of"]
