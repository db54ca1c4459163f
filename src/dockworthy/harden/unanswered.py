"""Who gets no answer while the engine restarts, although containers run on; and for how long, as measured meanwhile.

With live-restore containers go on, and the kernel's rules go on leading clients from outside to them. What the engine
does itself is away with it: its processes behind published ports (docker-proxy), which answer clients on the host,
containers that ask a port of the host, and IPv6 where the containers have none; and the names by which containers find
each other. Seen on engine 26.1.5: 24 of 869 requests from the host itself failed.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import AsyncIterator, Iterator, Mapping

from ..controls.machine._published import published
from ..engine.host_shell import HostShell
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.machine import Machine
from ..model.saying import Say

_MOST_NAMES = 8
_ENDS = 400.0
"""Seconds after which the host looks no longer, where nobody told it to end."""
_EVERY = 0.05
_LOOK = HostScript(__package__, "listening.sh")


def unanswered(machine: Machine) -> str:
    """Of a restart in which containers go on: who asks in vain until the engine is back. A sentence."""
    ports = _ports(machine)
    says = "until the engine is back (some seconds) containers do not find each other by name"
    if not ports:
        return says
    names = [f"{port} ({name})" for port, name in sorted(ports.items())]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    shown = ", ".join(names[:_MOST_NAMES]) + more
    return (
        f"{says}, and at {shown} clients on this host, containers that ask a port of the host, and clients by IPv6 may "
        "get no answer: docker-proxy ends with the engine; clients elsewhere are led past it"
    )


def _ports(machine: Machine) -> dict[int, str]:
    """Of TCP, that lead to containers -> whose it is."""
    return {port.port: port.name for port in published(machine) if port.protocol == "tcp"}


@contextlib.asynccontextmanager
async def looked_at(shell: HostShell, folder: str, machine: Machine, say: Say) -> AsyncIterator[None]:
    """The host notes meanwhile at which ports somebody listens; afterwards it is said at which nobody did, for how
    long. `folder`: of the stage. What can't be measured is said, and stops nothing."""
    ports = _ports(machine)
    if not ports:
        yield
        return
    at = shlex.quote(folder)
    look = f"setsid sh {at}/look.sh {at} {round(_ENDS / _EVERY)} </dev/null >/dev/null 2>&1 3>&- 9>&- &"
    begun = await shell.run(f"umask 077; cat >{at}/look.sh && {{ {look} }}", given=_LOOK.text.encode())
    told = None
    try:
        yield
    finally:
        with contextlib.suppress(HostError):  # who lost the host says so
            told = await shell.run(f"touch {at}/looked && cat {at}/listening")
    if begun.status or told is None or told.status:
        say("  for how long ports were not answered could not be measured on the host")
        return
    for line in in_words(gaps_in(told.output, ports), ports):
        say(f"  {line}")


def gaps_in(noted: str, ports: Mapping[int, str]) -> dict[int, float | None]:
    """Port -> seconds in which nobody listened there, None where nobody does any more. Ports at which somebody always
    did are left out, and those at which nobody did at first. `noted`: lines of a moment (seconds), and ports in hex."""
    away: dict[int, float] = {}
    since: dict[int, float] = {}
    held: set[int] = set()
    for line in noted.splitlines():
        moment, *words = line.split()
        with contextlib.suppress(ValueError):
            now, there = float(moment), {int(word, 16) for word in words}
            for port in ports:
                if port in there:
                    held.add(port)
                    away[port] = away.get(port, 0.0) + (now - since.pop(port, now))
                elif port in held:
                    since.setdefault(port, now)
    found: dict[int, float | None] = {port: seconds for port, seconds in away.items() if seconds}
    return found | dict.fromkeys(since, None)


def in_words(gaps: Mapping[int, float | None], ports: Mapping[int, str]) -> Iterator[str]:
    """Sentences."""
    if not gaps:
        yield "measured: somebody listened at every published port all the time"
    for port, seconds in sorted(gaps.items()):
        who = f"measured: {port} ({ports[port]})"
        if seconds is None:
            yield f"{who}: no docker-proxy listens there any more; the kernel's rules alone lead to it now"
        else:
            yield f"{who}: for {seconds:.1f} s clients on this host got no answer"
