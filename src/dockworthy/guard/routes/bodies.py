"""May this body travel with that request?

The engine shows a plugin the bodies of JSON requests only, and of several headers with one name the last, whereas it
reads the first itself. Where parameters could hide in a body that was not shown, the request must say that it has none.
Sources: pkg/authorization/authz.go of Engine 26.1; net/http, Request.ParseForm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ..asked import Asked, NotCanonical
from .route import Body, Route

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


def check_body(asked: Asked, route: Route, query: Mapping[str, tuple[str, ...]]) -> None:
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


def _check_none(asked: Asked, route: Route, query: Mapping[str, tuple[str, ...]]) -> None:
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


__all__ = ["check_body"]
