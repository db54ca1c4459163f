"""From a request to the route that it takes, with all that it names; or why it takes none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from ...model.dialect import Version
from ..asked import Asked, NotCanonical
from ..target import read_target
from .route import Body, Route
from .table import ROUTES, pattern_of

_PATTERNS = [(re.compile(pattern_of(route)), route) for route in ROUTES]
_FORM = re.compile(r"application/x-www-form-urlencoded|multipart/", re.IGNORECASE)
_JSON = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
_ARCHIVES = re.compile(
    r"(application/(x-)?(tar|gzip|bzip2|xz|octet-stream|x-bzip2|zstd)|text/plain|application/vnd\.docker\.raw-stream)"
    r"(\s*;.*)?",
    re.IGNORECASE,
)


class Call(Struct, frozen=True, kw_only=True):
    """A request that takes a route. `names` are the parts of the path, `query` each value (several: the first)."""

    route: Route
    version: Version | None
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    @property
    def subject(self) -> str:
        """The object that it is about, as it was named."""
        return next(iter(self.names.values()), self.query.get("name", ""))


def find_call(asked: Asked) -> Call:
    """Raises NotCanonical for a request that takes no route, or that carries what does not belong on it."""
    target = read_target(asked.target)
    route, names = _route_of(asked.method, target.path)
    for name, values in target.query.items():
        if name not in route.query:
            raise NotCanonical(f"{route.action} takes no {name!r} in its query")
        if len(values) > 1 and name not in route.lists:
            raise NotCanonical(f"{name!r} comes twice in the query")
    _check_body(asked, route)
    query = {name: values[0] for name, values in target.query.items()}
    return Call(route=route, version=target.version, names=names, query=query, body=asked.body)


def _route_of(method: str, path: str) -> tuple[Route, dict[str, str]]:
    others = []
    for pattern, route in _PATTERNS:
        match = pattern.fullmatch(path)
        if match is not None:
            if route.method == method:
                return route, {name: value.lstrip("/") for name, value in match.groupdict().items()}
            others.append(route.method)
    if others:
        raise NotCanonical(f"{path} is not asked with {method}")
    raise NotCanonical(f"{method} {path} is no request that the guard knows")


def _check_body(asked: Asked, route: Route) -> None:
    kind = asked.headers.get("content-type", "")
    if _FORM.match(kind):
        raise NotCanonical("a form in the body would be read as part of the query")
    if route.body is Body.STREAM:
        if kind and not _ARCHIVES.fullmatch(kind):
            raise NotCanonical(f"a body of type {kind!r} does not belong on {route.action}")
        return
    if route.body is Body.NONE:
        if asked.body not in (b"", b"null", b"{}"):
            raise NotCanonical(f"{route.action} takes no body")
        return
    if not asked.body and route.body is Body.MAYBE_JSON:
        return
    if not _JSON.fullmatch(kind):
        raise NotCanonical(f"the body's type must be application/json, not {kind!r}")
    if not asked.body:
        raise NotCanonical("the body was not shown to the guard: it is empty, or too large")


__all__ = ["Call", "find_call"]
