"""What is written for the daemon: its command line over daemon.json over its defaults."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ..model.dialect import Version
from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.host import Host
from .daemon_defaults import DEFAULTS, DEPENDENT, default_of
from .daemon_flags import ALIASES, flag_name, settings_of

Setting = Set[Any] | Unset | Unknown
DEFAULT_FILE = Source("/etc/docker/daemon.json")


class Written(Struct, frozen=True):
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


def written_settings(host: Host, engine_version: Version | None, *, answers: bool) -> Written:
    """The settings as `host` has them written. `answers`: an engine did, so that it must have a command line."""
    cgroup = host.cgroup.value.version if isinstance(host.cgroup, Set) else None
    flags, file = _flags(host), _file(host)
    if isinstance(flags, Unset) and answers:
        flags = Unknown("the engine answers, but its process was not found on this host: its command line is not known")
    if isinstance(flags, Unset) and isinstance(file, Unset):
        flags = Unknown("no engine was found here: no process, no unit, no daemon.json")
    return Written(flags, file, engine_version, cgroup)


def _flags(host: Host) -> Field[dict[str, Any]]:
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


__all__ = ["DEFAULT_FILE", "Written", "written_settings"]
