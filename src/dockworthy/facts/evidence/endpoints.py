"""Which local addresses may tell about monitoring: of known programs, of containers with one, of well-known ports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...model.evidence import ToolTask
from ...model.field import Set
from ...model.host import Host, Listener
from ...model.json_parts import part
from ...model.knowledge.tools import TOOLS, Tool, tool_of_container, tool_of_program
from ...model.published_ports import PublishedPort, every_as_one, published_ports
from ...model.snapshot import ContainerFacts, EngineFacts
from ..host.reading import number_or
from ..host.root import Root
from ..host.settings import EngineSettings
from ..host.trusted_accounts import TrustedAccounts

_ENGINE = "dockerd"
_CONTAINER = "container/"
_ESTABLISHED, _LISTENS = "01", "0A"
_NOT_METRICS = (2375, 2376, 2377, 7946)
"""Ports on which an engine speaks of other things."""
_WELL_KNOWN = {tool.port: tool for tool in TOOLS if tool.port > 9000}


class Endpoint(NamedTuple):
    """`who` answers there: `container/NAME`, `service/NAME`, the host's program, or `port/NUMBER` where the engine
    holds the port, and for whom is not known. `tool` is the tool that is expected there, `pid` who listens."""

    host: str
    port: int
    who: str
    tool: str
    pid: int


def endpoints(host: Host, engine: EngineFacts) -> tuple[Endpoint, ...]:
    """Each address once, those of known programs first."""
    containers = engine.containers.value if isinstance(engine.containers, Set) else ()
    listeners = host.listeners.value if isinstance(host.listeners, Set) else ()
    inside = {
        process.pid: container.name
        for container in containers
        if isinstance(container.processes, Set)
        for process in container.processes.value
    }
    found = [
        *_of_listeners(listeners, inside, _EnginePorts.of(host, engine)),
        *(end for one in containers for end in _of_container(one)),
    ]
    known_first = sorted(found, key=lambda endpoint: not endpoint.tool)
    return tuple({(endpoint.host, endpoint.port): endpoint for endpoint in reversed(known_first)}.values())[::-1]


class _EnginePorts(NamedTuple):
    """Whose the ports are that the engine holds. `metrics` is the address of its own metrics, None where that is not
    known; `pid` the engine's process, 0 where it is not known."""

    published: tuple[PublishedPort, ...]
    metrics: str | None = None
    pid: int = 0

    @classmethod
    def of(cls, host: Host, engine: EngineFacts) -> _EnginePorts:
        published = published_ports(engine)
        if not isinstance(host.daemon, Set):
            return cls(published)
        daemon, file = host.daemon.value, host.daemon_json.value if isinstance(host.daemon_json, Set) else {}
        return cls(published, EngineSettings(daemon.argv, file, "").text("metrics-addr") or "", daemon.pid)

    def answering(self, listener: Listener) -> str:
        """To whom a published port leads, whoever listens there; `""` where nobody publishes it."""
        others = {each.who for each in self.published if each.may_answer_at(listener.address, listener.port)}
        return others.pop() if len(others) == 1 else _port(listener) if others else ""

    def of_engine(self, listener: Listener) -> tuple[str, str]:
        """(who answers, the tool that is expected there) at a port that the engine holds."""
        if leads_to := self.answering(listener):
            return leads_to, ""
        if self._is_own(listener):
            return listener.program, "Docker Engine"
        return _port(listener), "Docker Engine" if self.metrics is None else ""

    def _is_own(self, listener: Listener) -> bool:
        address, _, port = (self.metrics or "").rpartition(":")
        named = "127.0.0.1" if address == "localhost" else every_as_one(address)
        is_engine = self.pid in (0, listener.pid)
        return is_engine and port == str(listener.port) and named in ("", every_as_one(listener.address))


def _of_listeners(listeners: tuple[Listener, ...], inside: dict[int, str], ports: _EnginePorts) -> Iterator[Endpoint]:
    for listener in listeners:
        if listener.protocol not in ("tcp", "tcp6"):
            continue
        is_inside = listener.pid in inside
        who = f"{_CONTAINER}{inside[listener.pid]}" if is_inside else ports.answering(listener) or listener.program
        address = every_as_one(listener.address) or "127.0.0.1"
        tool = tool_of_program(listener.program)
        if tool is not None and _answers(tool):
            yield Endpoint(address, listener.port, who, tool.name, listener.pid)
        elif listener.program == _ENGINE and listener.port not in _NOT_METRICS:
            answers, expected = (who, "Docker Engine") if is_inside else ports.of_engine(listener)
            yield Endpoint(address, listener.port, answers, expected, listener.pid)
        elif listener.port in _WELL_KNOWN and listener.program not in (_ENGINE, "docker-proxy"):
            yield Endpoint(address, listener.port, who or f"port {listener.port}", "", listener.pid)


def _port(listener: Listener) -> str:
    return f"port/{listener.port}"


def _of_container(container: ContainerFacts) -> Iterator[Endpoint]:
    told = tool_of_container(image_of(container), programs_of(container))
    pid = pid_of(container)
    if told is None or not _answers(told[0]) or not pid or not isinstance(container.inspect, Set):
        return
    for address, port in _addresses(container.inspect.value, told[0]):
        yield Endpoint(address, port, f"{_CONTAINER}{container.name}", told[0].name, pid)
        return  # one address of a container is enough


def _addresses(inspect: dict[str, Any], tool: Tool) -> Iterator[tuple[str, int]]:
    """The published one before the container's own."""
    ports = part(inspect, "NetworkSettings", "Ports")
    for published in ports.get(f"{tool.port}/tcp") or () if isinstance(ports, dict) else ():
        host, port = every_as_one(str(published.get("HostIp", ""))) or "127.0.0.1", str(published.get("HostPort", ""))
        if port.isdigit() and host.startswith("127."):
            yield host, int(port)
    networks = part(inspect, "NetworkSettings", "Networks")
    for network in networks.values() if isinstance(networks, dict) else ():
        if isinstance(network, dict) and network.get("IPAddress"):
            yield str(network["IPAddress"]), tool.port


def programs_of(container: ContainerFacts) -> frozenset[str] | None:
    """The programs of a container, None where they can't be seen."""
    if not isinstance(container.processes, Set):
        return None
    return frozenset(process.program for process in container.processes.value)


def image_of(container: ContainerFacts) -> str:
    """The image as it was written."""
    inspect = container.inspect.value if isinstance(container.inspect, Set) else {}
    return str(part(inspect, "Config", "Image") or "")


def pid_of(container: ContainerFacts) -> int:
    """The first process of a container that runs, 0 of one that does not."""
    inspect = container.inspect.value if isinstance(container.inspect, Set) else {}
    pid = part(inspect, "State", "Pid")
    return pid if isinstance(pid, int) else 0


def _answers(tool: Tool) -> bool:
    return bool(tool.port) and bool({ToolTask.METRICS, ToolTask.ALERTS} & set(tool.does))


def trusted_endpoints(root: Root, places: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Those at which a container answers, or a program that a trusted account started."""
    trusted = TrustedAccounts(root)
    return tuple(
        place
        for place in places
        if place.who.startswith(_CONTAINER)
        or (trusted.started(place.pid) and any(map(trusted.has_uid, _opened_by(root, place))))
    )


def _opened_by(root: Root, endpoint: Endpoint) -> Iterator[int]:
    """The users who opened sockets that listen at its port. Source: proc_pid_net(5), tcp."""
    rows = _rows(root, endpoint, _LISTENS)
    yield from (number_or(row[7], 0) for row in rows if len(row) > 7)


def connected(root: Root, places: Sequence[Endpoint]) -> tuple[bool, ...]:
    """Does somebody keep a connection to each? Look before asking."""
    return tuple(_is_connected(root, place) for place in places)


def _is_connected(root: Root, endpoint: Endpoint) -> bool:
    return any(True for _ in _rows(root, endpoint, _ESTABLISHED))


def _rows(root: Root, endpoint: Endpoint, state: str) -> Iterator[list[str]]:
    """Of its port, in the network of the process that listens."""
    wanted = f":{endpoint.port:04X}"
    folder = f"/proc/{endpoint.pid}/net" if endpoint.pid else "/proc/net"
    for name in ("tcp", "tcp6"):
        for row in root.word(f"{folder}/{name}").splitlines()[1:]:
            parts = row.split()
            if len(parts) > 3 and parts[3] == state and parts[1].endswith(wanted):
                yield parts
