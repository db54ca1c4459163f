"""Ports of the host that a service would publish, and a container of another project has. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import UsageError
from ...model.compose_project import ComposeService
from ...model.rollout import Running


def refuse_taken(name: str, service: ComposeService, running: Running) -> None:
    """Raises UsageError for the first one. What a process of the host has the engine says when it comes to it."""
    for port, wanted in _published(service):
        holders = [holder for taken, holder in running.host_ports.items() if _meet(taken, wanted)]
        if holders:
            raise UsageError(
                f"{name} publishes port {port} of the host, and {holders[0]} has it",
                hint=f"docker stop {holders[0]}; or another port in `ports` of {name}",
            )


def _published(service: ComposeService) -> Iterator[tuple[str, str]]:
    """The port, and as Running has it. One of a range is chosen by the engine: that is not looked at."""
    for port in service.ports:
        published, address = port.published, port.host_ip
        if published.isdecimal() and published != "0":
            everywhere = address in ("", "0.0.0.0", "::")
            yield published, f"{'' if everywhere else f'{address}:'}{published}/{port.protocol}"


def _meet(taken: str, wanted: str) -> bool:
    """Of two addresses that differ both may have a port; all of them together are everybody's."""
    one, other = taken.rpartition(":"), wanted.rpartition(":")
    return one[2] == other[2] and (not one[0] or not other[0] or one[0] == other[0])
