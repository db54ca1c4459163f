"""The targets of a Prometheus: where each is, and whose: what it serves is evidence for the host only where nobody but
root can have made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ...model.evidence import ScrapeTarget, ToolAnswer
from ...model.field import Set
from ...model.published_ports import every_as_one
from ...model.snapshot import ContainerFacts
from .surroundings import ProofSurroundings, listed

_LOOPBACK = ("localhost", "::1")
_ENGINE, _PROXY = "dockerd", "docker-proxy"
_OF_PEOPLE = 1000
_NOT_OF_THE_HOST = ("container/", "service/", "port/")


def place_of(target: ScrapeTarget) -> tuple[str, int]:
    """Host and port; `("", 0)` for an address that can't be read."""
    try:
        url = urlsplit(target.address)
        return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return "", 0


def doubt_of_metric(around: ProofSurroundings, answer: ToolAnswer, metric: str, up: list[ScrapeTarget]) -> str:
    """Why this metric may come from somebody who is not root; `""` where it comes from a target beyond doubt."""
    if not around.makers.anybody or around.makers.doubt(answer.who):
        return ""  # what somebody's Prometheus says is doubted as a whole
    serving = [target for target in up if metric in target.serves]
    if serving:
        return min((_doubt(around, answer, target) for target in serving), key=len)
    # Which of them serves it was not told: it may be any.
    return max((_doubt(around, answer, target) for target in up), key=len, default="")


def _doubt(around: ProofSurroundings, answer: ToolAnswer, target: ScrapeTarget) -> str:
    owners = set(_owners(around, answer, target))
    if not owners:
        return f"who runs its target {target.address} is not known, and {around.makers.anybody}"
    doubts = [
        f"its target {target.address} belongs to {who}, and {why}"
        for who in owners
        if (why := around.makers.doubt(who))
    ]
    return min(doubts, default="")


def _owners(around: ProofSurroundings, answer: ToolAnswer, target: ScrapeTarget) -> Iterator[str]:
    """Everybody who may answer there: `container/NAME`, `service/NAME`, or a program of the host."""
    host, port = place_of(target)
    if not port:
        return
    containers = listed(around.snapshot.engine.containers)
    own = next((one for one in containers if answer.who == f"container/{one.name}"), None)
    is_loopback = host in _LOOPBACK or host.startswith("127.")
    if is_loopback and answer.who.startswith(_NOT_OF_THE_HOST) and (own is None or "host" not in _networks(own)):
        yield answer.who
        return
    if own is not None:
        named = [one for one in containers if _networks(own).keys() & _networks(one).keys() and _is_called(one, host)]
        yield from (f"container/{one.name}" for one in named)
        if named:
            return
    at = [one for one in containers if host in _addresses(one)]
    yield from (f"container/{one.name}" for one in at)
    if not at:
        yield from _on_the_host(around, "127.0.0.1" if is_loopback else "", port)


def _on_the_host(around: ProofSurroundings, address: str, port: int) -> Iterator[str]:
    """By what other name than `localhost` a Prometheus here may call this host is not known: the port decides."""
    led = {one.who for one in around.published if one.may_answer_at(address, port)}
    yield from led
    if led:
        return
    for listener in listed(around.snapshot.host.listeners):
        is_there = every_as_one(listener.address) in ("", address) or not address
        if not listener.protocol.startswith("tcp") or listener.port != port or not is_there:
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
    networks = inspect.get("NetworkSettings")
    networks = networks.get("Networks") if isinstance(networks, dict) else None
    return networks if isinstance(networks, dict) else {}


def _addresses(container: ContainerFacts) -> set[str]:
    found = [each for each in _networks(container).values() if isinstance(each, dict)]
    return {str(each[key]) for each in found for key in ("IPAddress", "GlobalIPv6Address") if each.get(key)}


def _is_called(container: ContainerFacts, host: str) -> bool:
    names = {container.name}
    for each in _networks(container).values():
        for key in ("Aliases", "DNSNames"):
            told = each.get(key) if isinstance(each, dict) else None
            names |= {str(name) for name in told} if isinstance(told, list) else set()
    return host.casefold() in {name.casefold() for name in names}
