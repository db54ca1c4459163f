"""How an engine is told where it listens, and what has to be written so that it listens elsewhere.

Sources: dockerd(8), --host; systemd.socket(5), ListenStream; systemd.service(5), ExecStart. An engine refuses to start
with addresses on its command line and in daemon.json.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from ....errors import UsageError
from ....harden.remote_access.address import hosts_of

SOCKET_DROP_IN = Path("/etc/systemd/system/docker.socket.d/dockworthy-guard.conf")
SERVICE_DROP_IN = Path("/etc/systemd/system/docker.service.d/dockworthy-guard-socket.conf")
DEFAULTS = Path("/etc/default/docker")
USUAL = "unix:///var/run/docker.sock"
"""Where it listens when nobody says so."""
_BY = "# Written by dockworthy guard install: the guard's socket stands where the engine's did.\n"


class EngineLaunch(Struct, frozen=True, kw_only=True):
    """`argv`: the engine's command line; `hosts`: those of daemon.json, None where it names none. `unit_command`: as
    systemd would start it, `""` where it does not; `listens`: what docker.socket listens at; `defaults`: the text of
    /etc/default/docker, where the engine's starter reads it."""

    argv: tuple[str, ...]
    hosts: tuple[str, ...] | None = None
    unit_command: str = ""
    listens: tuple[str, ...] = ()
    defaults: str | None = None


class ListenConfig(Struct, frozen=True, kw_only=True):
    """`files` are written, with `settings` laid over daemon.json; `says` completes "the engine is told by"."""

    says: str
    files: tuple[tuple[Path, str], ...] = ()
    settings: dict[str, Any] = {}


def way_of(seen: EngineLaunch, here: str, there: str) -> ListenConfig:
    """From the path `here` to `there`. Raises UsageError for one that nobody but its author can change."""
    flags = hosts_of(seen.argv)
    if "fd://" in (*flags, *(seen.hosts or ())) and _named(seen.listens, here):
        return _by_socket_unit(seen, here, there)
    if flag := next((each for each in flags if _is(each, here)), None):
        return _by_command_line(seen, flag, there)
    if flags:
        raise UsageError(
            f"the engine's command line names {', '.join(flags)}, and not {here}", hint="is --docker the engine's own?"
        )
    hosts = seen.hosts if seen.hosts is not None else (USUAL,)
    if not any(_is(each, here) for each in hosts):
        raise UsageError(f"daemon.json names {', '.join(hosts)}, and not {here}", hint="is --docker the engine's own?")
    moved = [f"unix://{there}" if _is(each, here) else each for each in hosts]
    return ListenConfig(says="`hosts` in daemon.json", settings={"hosts": moved})


def _by_socket_unit(seen: EngineLaunch, here: str, there: str) -> ListenConfig:
    kept = [there if _same(each, here) else each for each in seen.listens]
    lines = "".join(f"ListenStream={each}\n" for each in ("", *kept))
    text = f"{_BY}[Socket]\n{lines}DirectoryMode=0700\n"
    return ListenConfig(says=f"docker.socket ({SOCKET_DROP_IN})", files=((SOCKET_DROP_IN, text),))


def _by_command_line(seen: EngineLaunch, flag: str, there: str) -> ListenConfig:
    moved = f"unix://{there}"
    if flag in seen.unit_command:
        command = seen.unit_command.replace(flag, moved)
        text = f"{_BY}[Service]\nExecStart=\nExecStart={command}\n"
        return ListenConfig(says=f"its unit ({SERVICE_DROP_IN})", files=((SERVICE_DROP_IN, text),))
    if seen.defaults is not None and flag in seen.defaults:
        return ListenConfig(says=str(DEFAULTS), files=((DEFAULTS, seen.defaults.replace(flag, moved)),))
    raise UsageError(
        f"-H {flag} stands on the engine's command line, and whoever starts it says so again",
        hint=f"start it with -H {moved}, or without -H: then daemon.json tells it",
    )


def _named(listens: Sequence[str], here: str) -> bool:
    return any(_same(each, here) for each in listens)


def _is(host: str, path: str) -> bool:
    return host.startswith("unix://") and _same(host.removeprefix("unix://"), path)


def _same(one: str, other: str) -> bool:
    """/var/run leads to /run. The socket itself need not be there."""
    return _real(one) == _real(other)


def _real(path: str) -> str:
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
