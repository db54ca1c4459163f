"""The targets of a Prometheus, and whom it hands alerts to: where each is, and whose. It is evidence for the host only
where nobody but root can have made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ...model.evidence import ScrapeTarget, ToolAnswer
from ...model.field import Set
from ...model.host_addresses import LOOPBACK, Address, address_of, is_this_host, may_answer_at
from ...model.json_parts import part
from ...model.network_names import comparable, with_network
from ...model.snapshot import ContainerFacts
from .surroundings import ProofSurroundings, listed

_ENGINE, _PROXY = "dockerd", "docker-proxy"
_OF_PEOPLE = 1000
_NOT_OF_THE_HOST = ("container/", "service/", "port/")


def place_of(address: str) -> tuple[str, int]:
    """Host and port; `("", 0)` for an address that can't be read."""
    try:
        url = urlsplit(address)
        return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return "", 0


def doubt_of_metric(around: ProofSurroundings, answer: ToolAnswer, metric: str, up: list[ScrapeTarget]) -> str:
    """Why this metric may come from somebody who is not root; `""` where it comes from a target beyond doubt."""
    if not around.makers.anybody or around.makers.doubt(answer.who):
        return ""  # what somebody's Prometheus says is doubted as a whole
    serving = [target for target in up if metric in target.serves]
    if serving:
        return min((_doubt(around, answer, "its target", target.address) for target in serving), key=len)
    # Which of them serves it was not told: it may be any.
    return max((_doubt(around, answer, "its target", target.address) for target in up), key=len, default="")


def doubt_of_alerts(around: ProofSurroundings, answer: ToolAnswer) -> str:
    """Why its alerts may reach only somebody who is not root; `""` where an Alertmanager of them is beyond doubt."""
    if not around.makers.anybody or around.makers.doubt(answer.who):
        return ""
    doubts = (_doubt(around, answer, "its Alertmanager", each) for each in answer.alertmanagers)
    return min(doubts, key=len, default="")


def _doubt(around: ProofSurroundings, answer: ToolAnswer, kind: str, address: str) -> str:
    what, owners = f"{kind} {address}", set(_owners(around, answer, *place_of(address)))
    if not owners:
        return f"who runs {what} is not known, and {around.makers.anybody}"
    doubts = [f"{what} belongs to {who}, and {why}" for who in owners if (why := around.makers.doubt(who))]
    return min(doubts, default="")


def _owners(around: ProofSurroundings, answer: ToolAnswer, host: str, port: int) -> Iterator[str]:
    """Everybody who may answer there: `container/NAME`, `service/NAME`, or a program of the host."""
    if not port:
        return
    address = address_of(host)
    containers = listed(around.snapshot.engine.containers)
    own = next((one for one in containers if answer.who == f"container/{one.name}"), None)
    is_loopback = is_this_host(host)
    if is_loopback and answer.who.startswith(_NOT_OF_THE_HOST) and (own is None or "host" not in _networks(own)):
        yield answer.who
        return
    if own is not None:
        named = [one for one in containers if _networks(own).keys() & _networks(one).keys() and _is_called(one, host)]
        yield from (f"container/{one.name}" for one in named)
        if named:
            return
    at = [one for one in containers if address is not None and address in _addresses(one)]
    yield from (f"container/{one.name}" for one in at)
    if at:
        return
    # `localhost` leads to either family, whichever answers; every address does to the loopback of its own.
    at_host = (None,) if not is_loopback else LOOPBACK if address is None else (address,)
    for each in at_host:
        yield from _on_the_host(around, each, port)


def _on_the_host(around: ProofSurroundings, address: Address | None, port: int) -> Iterator[str]:
    """By what other name than `localhost` a Prometheus here may call this host is not known: then `address` is None,
    and the port decides."""
    led = {one.who for one in around.published if one.port == port and may_answer_at(one.address, address)}
    yield from led
    if led:
        return
    for listener in listed(around.snapshot.host.listeners):
        if not listener.protocol.startswith("tcp") or listener.port != port:
            continue
        if not may_answer_at(listener.address, address):
            continue
        if listener.pid in around.inside:
            yield around.inside[listener.pid]
        elif listener.program in (_ENGINE, _PROXY):
            known = {told.who for told in listed(around.evidence.answers) if told.address.endswith(f":{port}")}
            yield _ENGINE if _ENGINE in known and listener.program == _ENGINE else f"port/{port}"
        elif listener.uid < _OF_PEOPLE:
            yield listener.program
        else:
            yield f"port/{port}"


def _networks(container: ContainerFacts) -> dict[str, Any]:
    inspect = container.inspect.value if isinstance(container.inspect, Set) else {}
    networks = part(inspect, "NetworkSettings", "Networks")
    return networks if isinstance(networks, dict) else {}


def _addresses(container: ContainerFacts) -> set[Address | None]:
    found = [each for each in _networks(container).values() if isinstance(each, dict)]
    written = (str(each[key]) for each in found for key in ("IPAddress", "GlobalIPv6Address") if each.get(key))
    return {address_of(text) for text in written}


def _is_called(container: ContainerFacts, host: str) -> bool:
    """The engine's DNS also takes a name with that of its network behind it, and a dot at the end."""
    names = {container.name}
    for each in _networks(container).values():
        for key in ("Aliases", "DNSNames"):
            told = each.get(key) if isinstance(each, dict) else None
            names |= {str(name) for name in told} if isinstance(told, list) else set()
    known = (*names, *(name for network in _networks(container) for name in with_network(names, network)))
    return comparable(host) in map(comparable, known)
