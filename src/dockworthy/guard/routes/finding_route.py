"""From a request to the route that it takes, with all that it names; or why it takes none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property, lru_cache
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from ...model.dialect import Version
from ..bounds import MOST_NAME
from ..decision import Decision
from ..floor.expanded import why_not_filters
from ..request import SHORT, GuardRequest, NotCanonical, RequestTarget, TooMuch, read_target
from .table import ROUTES, ApiRoute, Body, Right, pattern_of

_SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""Unicode's White_Space, which Go trims."""
_NO = frozenset(("", "0", "no", "false", "none"))


def says_yes(value: str) -> bool:
    """Every word is a yes but these few. A name that is not there reads as an empty value."""
    return value.strip(_SPACES).lower() not in _NO


def in_plain_words(value: str) -> str:
    """The same yes or no in the one way that no reader can take for another. An empty value stays: some booleans of the
    engine are true where they are left out, or empty."""
    return value and ("1" if says_yes(value) else "0")


_FORM = re.compile(r"application/x-www-form-urlencoded|multipart/", re.IGNORECASE)
_JSON = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
_ARCHIVES = re.compile(
    r"(application/(x-)?(tar|gzip|bzip2|xz|octet-stream|x-bzip2|zstd)|text/plain|application/vnd\.docker\.raw-stream)"
    r"(\s*;.*)?",
    re.IGNORECASE,
)
_NAMING = ("tag", "rename", "stop", "restart")
"""Judges that look at the query of a request without a body."""

_MOST_REPEATED = 64 * 1024
"""Bytes of a body that says the query once more."""


def check_body(asked: GuardRequest, route: ApiRoute, query: Mapping[str, tuple[str, ...]]) -> None:
    """Raises NotCanonical where it may not."""
    kind = asked.headers.get("content-type", "")
    if _FORM.match(kind):
        raise NotCanonical("a form in the body would be read as part of the query")
    if route.body is Body.NONE:
        _check_none(asked, route, query)
    elif route.body is Body.STREAM:
        if kind and not _ARCHIVES.fullmatch(kind) and not (_JSON.fullmatch(kind) and _repeats(asked.body, query)):
            raise NotCanonical(f"a body of type {kind!r} does not belong on {route.action}")
        if "fromImage" in query:
            _check_none(asked, route, query)
    elif asked.body or route.body is Body.JSON:
        if not _JSON.fullmatch(kind):
            raise NotCanonical(f"the body's type must be application/json, not {kind!r}")
        if not asked.body:
            raise NotCanonical("the body was not shown to the guard: it is empty, or too large")


def _check_none(asked: GuardRequest, route: ApiRoute, query: Mapping[str, tuple[str, ...]]) -> None:
    if asked.body and not _repeats(asked.body, query):
        raise NotCanonical(f"{route.action} takes no body")
    length = asked.headers.get("content-length")
    if not asked.body and length not in (None, "0"):
        raise NotCanonical(f"{route.action} takes no body, and there is one that was not shown to the guard")
    typed = "content-type" in asked.headers and not asked.body
    if length is None and route.method == "POST" and (typed or route.judge in _NAMING):
        # In chunks no length is told, and of two types the last is shown: the first may say that a form follows.
        raise NotCanonical(f"{route.action} must say that it has no body: Content-Length: 0")


def _repeats(body: bytes, query: Mapping[str, tuple[str, ...]]) -> bool:
    """Some clients send the query once more as JSON, which the engine does not read."""
    if body in (b"", b"{}", b"null"):
        return True
    if len(body) > _MOST_REPEATED:
        return False
    try:
        read = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(read, dict) and set(read) <= set(query)


def _by_first_part() -> Mapping[str, list[tuple[re.Pattern[str], ApiRoute]]]:
    found = defaultdict(list)
    for route in ROUTES:
        found[route.path.split("/", 2)[1]].append((re.compile(pattern_of(route)), route))
    return found


_PATTERNS = _by_first_part()


class Call(Struct, frozen=True, kw_only=True, dict=True):
    """A request that takes a route. `names` are the parts of the path, `query` each value (several: the first; all of
    them in `values`). `has_login`: it brings credentials for a registry, or says that there are none; the engine shows
    that to no plugin. `is_roots`: it proves that root of this host sent it (engine/root_proof.py)."""

    route: ApiRoute
    version: Version | None
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    values: Mapping[str, tuple[str, ...]] = {}
    has_login: bool = False
    is_roots: bool = False

    @cached_property
    def subject(self) -> str:
        """The object that it is about, as it was named."""
        return next(iter(self.names.values()), self.query.get("name", ""))

    @cached_property
    def passes(self) -> Decision:
        """What is said of it where nothing speaks against it."""
        return Decision(
            action=self.route.action,
            subject=self.subject,
            reads_secrets=self.right is Right.SECRETS,
            only_looks=self.right is Right.VIEW,
        )

    @cached_property
    def target(self) -> str:
        """Version, path and query, written in the one way that can't be read in two."""
        path = self.route.path
        for name, value in self.names.items():
            path = path.replace(f"{{{name}}}", quote(value, safe="/:@" if name in ("image", "plugin") else ""))
        version = f"/v{self.version.major}.{self.version.minor}" if self.version else ""
        read = self.route.query
        plain = self.route.truths
        pairs = [
            (name, in_plain_words(value) if name in plain else value)
            for name, values in self.values.items()
            if name in read
            for value in values
        ]
        return version + path + (f"?{urlencode(pairs, quote_via=quote)}" if pairs else "")

    @cached_property
    def right(self) -> Right:
        """Of the route; another where the query asks for something else."""
        route = self.route
        for name, right in route.without.items():
            if not self.query.get(name):
                return right
        return next((right for name, right in route.more.items() if says_yes(self.query.get(name, ""))), route.right)


def find_call(asked: GuardRequest) -> Call:
    """Raises NotCanonical for a request that takes no route, or that carries what does not belong on it."""
    if asked.body or len(asked.target) > SHORT:
        return _find(asked)
    headers = asked.headers
    return _often_found(asked.method, asked.target, headers.get("content-type"), headers.get("content-length"))


@lru_cache(maxsize=512)
def _often_found(method: str, target: str, kind: str | None, length: str | None) -> Call:
    """What programs ask again and again, without a body: these two headers are all that is looked at beside it."""
    headers = {name: value for name, value in (("content-type", kind), ("content-length", length)) if value is not None}
    return _find(GuardRequest(method=method, target=target, headers=headers))


def _find(asked: GuardRequest) -> Call:
    target = read_target(asked.target)
    route, names = _route_of(asked.method, target.path)
    _check_query(target, route)
    check_body(asked, route, target.query)
    query = {name: values[0] for name, values in target.query.items()}
    return Call(
        route=route,
        version=target.version,
        names=names,
        query=query,
        body=asked.body,
        values=target.query,
        has_login=bool(asked.headers.get("x-registry-auth", "").strip()),
    )


def _check_query(target: RequestTarget, route: ApiRoute) -> None:
    """What only shows things may be asked with names that this engine passes over: newer clients have more of them. And
    some clients write into the query what they send as JSON."""
    only_shows = route.method in ("GET", "HEAD") and not route.judge
    is_open = only_shows or route.body is Body.JSON
    for name, values in target.query.items():
        if name not in route.query and not is_open:
            raise NotCanonical(f"{route.action} takes no {name!r} in its query")
        if name in ("filters", "filter") and (why := next(filter(None, map(why_not_filters, values)), "")):
            raise TooMuch(f"{name} in the query: {why}")
        if name == "name" and any(len(value) > MOST_NAME for value in values):
            raise TooMuch(f"the name has more than {MOST_NAME} characters")
        if len(values) > 1 and name in route.query and name not in route.lists:
            raise NotCanonical(f"{name!r} comes twice in the query")


def _route_of(method: str, path: str) -> tuple[ApiRoute, dict[str, str]]:
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
