"""What is written for the daemon: its command line over daemon.json over its defaults."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import Any

from msgspec import Struct

from ..model.dialect import Version
from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.host import Host

DEFAULTS: dict[str, Any] = {
    "allow-direct-routing": False,
    "data-root": "/var/lib/docker",
    "debug": False,
    "default-runtime": "runc",
    "exec-root": "/var/run/docker",
    "experimental": False,
    "group": "docker",
    "hosts": ["unix:///var/run/docker.sock"],
    "icc": True,
    "init": False,
    "ip": "0.0.0.0",
    "ip-forward": True,
    "ip-masq": True,
    "iptables": True,
    "ipv6": False,
    "live-restore": False,
    "log-driver": "json-file",
    "log-level": "info",
    "max-concurrent-downloads": 3,
    "max-concurrent-uploads": 5,
    "no-new-privileges": False,
    "raw-logs": False,
    "seccomp-profile": "builtin",
    "selinux-enabled": False,
    "shutdown-timeout": 15,
    "tls": False,
    "tlsverify": False,
    "userland-proxy": True,
}
"""Setting -> value. A setting that is not here has no value until one is written."""

_IP6TABLES_ON_SINCE = Version(27, 0)
_PRIVATE_IPC_SINCE = Version(20, 10)


def default_of(name: str, engine_version: Version | None, cgroup_version: int | None) -> Any:
    """The engine's default for a setting, None where it has none or where it depends on what is not known."""
    if name == "ip6tables":
        return None if engine_version is None else engine_version >= _IP6TABLES_ON_SINCE
    if name == "default-ipc-mode":
        if engine_version is None:
            return None
        return "private" if engine_version >= _PRIVATE_IPC_SINCE else "shareable"
    if name == "default-cgroupns-mode":
        return None if cgroup_version is None else ("private" if cgroup_version == 2 else "host")
    return DEFAULTS.get(name)


DEPENDENT = ("ip6tables", "default-ipc-mode", "default-cgroupns-mode")
"""Settings whose default depends on the engine's or the cgroups' version."""


def parse_version(text: str) -> Version | None:
    """Major and minor of an engine's version (`26.1.5+dfsg1`); None where it is none."""
    parts = text.removeprefix("v").split(".")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts[:2]):
        return None
    return Version(int(parts[0]), int(parts[1]))


class FlagKind(Enum):
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


def _kind(flag: str) -> FlagKind:
    if flag in SWITCHES:
        return FlagKind.SWITCH
    if flag in _LISTS:
        return FlagKind.LIST
    if flag in _MAPS:
        return FlagKind.MAP
    return {"default-ulimit": FlagKind.LIMITS, "default-address-pool": FlagKind.POOLS}.get(flag, FlagKind.TEXT)


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


_READ: dict[FlagKind, Callable[[list[str]], Any]] = {
    FlagKind.SWITCH: _switch,
    FlagKind.TEXT: _text,
    FlagKind.LIST: list,
    FlagKind.MAP: _map,
    FlagKind.LIMITS: _limits,
    FlagKind.POOLS: _pools,
}
_SPECIAL_NAMES = {"default-ulimit": "default-ulimits", "default-address-pool": "default-address-pools"}


Setting = Set[Any] | Unset | Unknown
DEFAULT_FILE = Source("/etc/docker/daemon.json")


class WrittenDaemon(Struct, frozen=True):
    """`flags` and `file` are settings by their daemon.json names. Versions are None where they are not known."""

    flags: Field[dict[str, Any]]
    file: Field[dict[str, Any]]
    engine_version: Version | None
    cgroup_version: int | None

    @property
    def seen(self) -> Field[bool]:
        """Unknown, with the reason, where either place could not be read."""
        for place in (self.flags, self.file):
            if isinstance(place, Unknown):
                return place
        return Set(True, self.flags.source or DEFAULT_FILE, Origin.MEASURED)

    def names(self) -> set[str]:
        """Every setting that is written, or has a default."""
        places = (place.value for place in (self.flags, self.file) if isinstance(place, Set))
        return {*DEFAULTS, *DEPENDENT, *(name for place in places for name in place)}

    def setting(self, name: str) -> Setting:
        """Whoever writes it counts; only where nobody can have written it does the default."""
        for place, path in ((self.flags, flag_name(name)), (self.file, name)):
            if isinstance(place, Set) and name in place.value:
                return Set(place.value[name], Source(place.source.where, path))
        seen = self.seen
        if isinstance(seen, Unknown):
            return seen
        default = default_of(name, self.engine_version, self.cgroup_version)
        if default is not None:
            return Set(default, Source("engine default", name), Origin.PLATFORM)
        if name in DEPENDENT:
            return Unknown(f"the default of {name} depends on a version that could not be read")
        return Unset(Source((self.file.source or DEFAULT_FILE).where, name))


def written_settings(host: Host, engine_version: Version | None, *, answers: bool) -> WrittenDaemon:
    """The settings as `host` has them written. `answers`: an engine did, so that it must have a command line."""
    cgroup = host.cgroup.value.version if isinstance(host.cgroup, Set) else None
    flags, file = _given_flags(host), _file(host)
    if isinstance(flags, Unset) and answers:
        flags = Unknown("the engine answers, but its process was not found on this host: its command line is not known")
    if isinstance(flags, Unset) and isinstance(file, Unset):
        flags = Unknown("no engine was found here: no process, no unit, no daemon.json")
    return WrittenDaemon(flags, file, engine_version, cgroup)


def _given_flags(host: Host) -> Field[dict[str, Any]]:
    """Of the running engine; of a stopped one, the command line that its unit would start."""
    if isinstance(host.daemon, Set):
        place = Source(f"/proc/{host.daemon.value.pid}/cmdline")
        return Set(settings_of(host.daemon.value.argv[1:]), place, Origin.MEASURED)
    if isinstance(host.daemon, Unset):
        return _unit_flags(host) or host.daemon
    return host.daemon


def _unit_flags(host: Host) -> Field[dict[str, Any]] | None:
    """ExecStart of docker.service and its drop-ins, the last one counts; None where there is no such unit."""
    lines = list(_exec_starts(host))
    if not lines:
        return None
    line, place = lines[-1]
    if "$" in line:
        return Unknown(f"the engine is not running and its command line has variables: {line}", source=place)
    try:
        words = shlex.split(line)
    except ValueError:
        return Unknown(f"the engine is not running and its command line can't be read: {line}", source=place)
    return Set(settings_of(words[1:]), place)


def _exec_starts(host: Host) -> Iterator[tuple[str, Source]]:
    units = [unit.value for unit in host.units.values() if isinstance(unit, Set)]
    for unit in sorted(units, key=lambda unit: (unit.path.endswith(".conf"), unit.path)):
        if not unit.name.startswith("docker.service"):
            continue
        for line in unit.text.replace("\\\n", " ").splitlines():
            key, has_value, value = line.strip().partition("=")
            if has_value and key.strip() == "ExecStart" and value.strip():
                yield value.strip(), Source(unit.path, "ExecStart")


def _file(host: Host) -> Field[dict[str, Any]]:
    if not isinstance(host.daemon_json, Set):
        return host.daemon_json
    settings = {ALIASES.get(str(key), str(key)): value for key, value in host.daemon_json.value.items()}
    return Set(settings, host.daemon_json.source)
