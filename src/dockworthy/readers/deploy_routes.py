"""What `deploy:` in dockworthy.yaml must keep to beyond its types: read here, so that each fault has its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import UnreadableInput
from ..model.deploy_settings import DeploySettings, Edge, Environment, Route, Tls, seconds_of
from .yaml_source import Value

_DAY = 24 * 3600.0
TIMES = {
    "healthy_within": (0.1, 6 * 3600.0, "from 100ms to 6h"),
    "observe": (0.0, 12 * 3600.0, "from 0s to 12h"),
    "standby": (0.0, 7 * _DAY, "from 0s to 168h"),
    "objectives.p95": (0.001, 3600.0, "from 1ms to 1h"),
    "existing_edge.settle": (0.0, 600.0, "from 0s to 10m"),
}
"""Key -> the least and the most seconds, and the same in words: a deploy holds its project's lock meanwhile."""
_ROUTE_TIMES = {"timeout": (0.001, _DAY, "from 1ms to 24h"), "wait": (0.0, 600.0, "from 0s to 10m")}
_EDGES_OWN = frozenset({"connection", "content-length", "date", "keep-alive", "te", "trailer", "transfer-encoding",
                        "upgrade"})  # fmt: skip
"""Headers that say how an answer is carried: who sets them breaks it."""
_ALL_HEADERS = 3000
"""Bytes of the headers that a route sets: HAProxy adds them in a room of 4096."""

Fault = tuple[str, str]
"""A path of the document, and what is wrong there."""


def check_deploy(settings: DeploySettings, document: Value) -> None:
    """Raises UnreadableInput with the line of the first time or route that can't be."""
    from .strict_document import value_at

    timed: list[tuple[str, DeploySettings | Environment]] = [(".deploy", settings), *_environments(settings)]
    for at, part in timed:
        for path, says in _times(at, part):
            place = value_at(document, path)
            raise UnreadableInput(f"{path.removeprefix('.')}: {says}", file=place.file, line=place.line)
    parts = [(".deploy", settings.edge, settings.routes)]
    for name, other in settings.environments.items():
        edge = settings.edge if other.edge is None else other.edge
        routes = settings.routes if other.routes is None else other.routes
        parts.append((f".deploy.environments.{name}", edge, routes))
    for at, edge, routes in parts:
        for path, says in _faults(at, edge, routes):
            place = value_at(document, path)
            raise UnreadableInput(f"{path.removeprefix('.')}: {says}", file=place.file, line=place.line)


def time_fault(key: str, duration: str) -> str:
    """What is wrong with a time of `deploy:`; "" where it may be."""
    least, most, words = TIMES[key]
    return "" if least <= seconds_of(duration) <= most else words


def _environments(settings: DeploySettings) -> Iterator[tuple[str, Environment]]:
    for name, other in settings.environments.items():
        yield f".deploy.environments.{name}", other


def _times(at: str, part: DeploySettings | Environment) -> Iterator[Fault]:
    for key in TIMES:
        value: object = part
        for name in key.split("."):
            value = getattr(value, name, None)
        if isinstance(value, str) and (fault := time_fault(key, value)):
            yield f"{at}.{key}", fault


def _faults(at: str, edge: Edge | str, routes: tuple[Route, ...]) -> Iterator[Fault]:
    for index, route in enumerate(routes):
        yield from _of_one(f"{at}.routes[{index}]", route)
    yield from _of_all(at, routes)
    if isinstance(edge, Edge) and routes:
        yield from _of_edge(f"{at}.edge", edge, routes)


def _of_one(at: str, route: Route) -> Iterator[Fault]:
    if "//" in route.path or any(part in (".", "..") for part in route.path.split("/")):
        yield f"{at}.path", f"{route.path} is not the plain form of a path"
    if route.strip_path and route.path == "/":
        yield f"{at}.strip_path", "there is nothing to strip from /"
    for key, (least, most, words) in _ROUTE_TIMES.items():
        if (value := getattr(route, key)) and not least <= seconds_of(value) <= most:
            yield f"{at}.{key}", words
    if route.rate and not seconds_of(route.rate.partition("/")[2]) <= _DAY:
        yield f"{at}.rate", "counted over 24h at the most"
    for name in route.headers:
        if name.lower() in _EDGES_OWN:
            yield f"{at}.headers.{name}", f"{name} says how an answer is carried: the edge sets it"
    if len({name.lower() for name in route.headers}) < len(route.headers):
        yield f"{at}.headers", "a header stands here twice"
    if sum(len(name) + len(value) + 4 for name, value in route.headers.items()) > _ALL_HEADERS:
        yield f"{at}.headers", f"they are longer than {_ALL_HEADERS} bytes together"


def _of_all(at: str, routes: tuple[Route, ...]) -> Iterator[Fault]:
    hosts = {route.host.lower() for route in routes}
    taken: dict[tuple[str, str], int] = {}
    sent: set[str] = set()
    for index, route in enumerate(routes):
        key = route.host.lower(), route.path.rstrip("/")
        if key in taken:
            yield f"{at}.routes[{index}]", f"{route.host}{route.path} is the same as deploy.routes[{taken[key]}]"
        taken[key] = index
        for number, name in enumerate(route.redirect_from):
            where = f"{at}.routes[{index}].redirect_from[{number}]"
            if route.host.startswith("*."):
                yield where, f"{route.host} is no single name to be sent to"
            if name.lower() in hosts:
                yield where, f"{name} has a route of its own"
            if name.lower() in sent:
                yield where, f"{name} is sent somewhere already"
            sent.add(name.lower())


def _of_edge(at: str, edge: Edge, routes: tuple[Route, ...]) -> Iterator[Fault]:
    if edge.tls is Tls.OFF and edge.http is None:
        yield f"{at}.http", "without `tls` there must be a port for http"
    if edge.tls is not Tls.OFF and edge.https is None:
        yield f"{at}.https", f"`tls: {edge.tls}` needs a port for https"
    if edge.http is not None and edge.http == edge.https and edge.tls is not Tls.OFF:
        yield f"{at}.https", "http and https need a port each"
    if edge.tls is Tls.FILES:
        for name in (name for route in routes for name in (route.host, *route.redirect_from)):
            if not covers(edge.certificates, name):
                yield f"{at}.certificates", f"there is no certificate for {name}"
    if edge.tls is Tls.ACME:
        yield from _of_acme(at, edge, routes)


def _of_acme(at: str, edge: Edge, routes: tuple[Route, ...]) -> Iterator[Fault]:
    if edge.http is None:
        yield f"{at}.http", "`tls: acme` needs a port for http: the authority asks there"
    for name in (name for route in routes for name in (route.host, *route.redirect_from)):
        if name.startswith("*.") or "." not in name or name.replace(".", "").isdigit():
            yield f"{at}.tls", f"{name} can't be proven over http: name it in `certificates`, or use another `tls`"


def covers(certificates: Iterable[str], name: str) -> bool:
    """Whether there is a certificate for `name`, by its own or by its wildcard's name."""
    names = {each.lower() for each in certificates}
    return name.lower() in names or "*." + name.lower().partition(".")[2] in names
