"""From a request to the route that it takes, with all that it names; or why it takes none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from ...model.dialect import Version
from ..asked import Asked, NotCanonical
from ..target import Target, read_target
from .bodies import check_body
from .route import Body, Right, Route
from .table import ROUTES, pattern_of


def _by_first_part() -> Mapping[str, list[tuple[re.Pattern[str], Route]]]:
    found = defaultdict(list)
    for route in ROUTES:
        found[route.path.split("/", 2)[1]].append((re.compile(pattern_of(route)), route))
    return found


_PATTERNS = _by_first_part()


_FALSE = frozenset(("", "0", "no", "false", "none"))
"""As Engine 26.1 reads them (httputils.BoolValue); every other word is a yes."""


class Call(Struct, frozen=True, kw_only=True):
    """A request that takes a route. `names` are the parts of the path, `query` each value (several: the first; all of
    them in `values`)."""

    route: Route
    version: Version | None
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    values: Mapping[str, tuple[str, ...]] = {}

    @property
    def subject(self) -> str:
        """The object that it is about, as it was named."""
        return next(iter(self.names.values()), self.query.get("name", ""))

    @property
    def right(self) -> Right:
        """Of the route; to attach without input is to follow what the logs show, as `docker run` does."""
        listens = "stdin" in self.route.query and self.query.get("stdin", "").strip().lower() in _FALSE
        return Right.VIEW if listens else self.route.right


def find_call(asked: Asked) -> Call:
    """Raises NotCanonical for a request that takes no route, or that carries what does not belong on it."""
    target = read_target(asked.target)
    route, names = _route_of(asked.method, target.path)
    _check_query(target, route)
    check_body(asked, route, target.query)
    query = {name: values[0] for name, values in target.query.items()}
    return Call(route=route, version=target.version, names=names, query=query, body=asked.body, values=target.query)


def _check_query(target: Target, route: Route) -> None:
    """What only shows things may be asked with names that this engine passes over: newer clients have more of them. And
    some clients write into the query what they send as JSON."""
    only_shows = route.method in ("GET", "HEAD") and not route.judge
    is_open = only_shows or route.body is Body.JSON
    for name, values in target.query.items():
        if name not in route.query and not is_open:
            raise NotCanonical(f"{route.action} takes no {name!r} in its query")
        if len(values) > 1 and name in route.query and name not in route.lists:
            raise NotCanonical(f"{name!r} comes twice in the query")


def _route_of(method: str, path: str) -> tuple[Route, dict[str, str]]:
    others = []
    for pattern, route in _PATTERNS.get(path.split("/", 2)[1], ()):
        match = pattern.fullmatch(path)
        if match is not None:
            if route.method == method:
                return route, {name: value.lstrip("/") for name, value in match.groupdict().items()}
            others.append(route.method)
    if others:
        raise NotCanonical(f"{path} is not asked with {method}")
    raise NotCanonical(f"{method} {path} is no request that the guard knows")


__all__ = ["Call", "find_call"]
