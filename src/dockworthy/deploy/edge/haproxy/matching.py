"""Which requests are a route's: by the host's name, exact before wildcard, and the longest path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..kept import ProjectRoutes, ServedRoute
from .words import word


def host_is(name: str) -> str:
    """The condition that a request asks for this host; a wildcard stands for one label."""
    if name.startswith("*."):
        return "{ var(txn.host) -m reg " + word(rf"^[a-z0-9_-]+{re.escape(name[1:])}$") + " }"
    return "{ var(txn.host) -m str " + word(name) + " }"


def uses(projects: Iterable[ProjectRoutes]) -> Iterator[str]:
    """`use_backend` lines, in the order in which HAProxy is to try them."""
    every = [(name, served) for each in projects for name, served in each.backends.items()]
    for name, served in sorted(every, key=lambda pair: _order(pair[1])):
        host = host_is(served.host)
        if not served.path:
            yield f"use_backend {name} if {host}"
            continue
        yield f"use_backend {name} if {host} {{ var(txn.path) -m str {word(served.path)} }}"
        yield f"use_backend {name} if {host} {{ var(txn.path) -m beg {word(served.path + '/')} }}"


def refused_spellings(projects: Iterable[ProjectRoutes]) -> Iterator[str]:
    """Requests that one reader takes for a route's and another one does not (`/admin;x`, `/admin\\`): without a rule,
    the service of a shorter route would get them past the password of this one. Not those of a route that is itself
    written with a `;`."""
    every = [served for each in projects for served in each.routes]
    for served in every:
        if not served.path or ";" in served.path:
            continue
        others = dict.fromkeys(each.path for each in every if each.host == served.host and ";" in each.path)
        but = "".join(
            f" !{{ var(txn.path) -m str {word(path)} }} !{{ var(txn.path) -m beg {word(f'{path}/')} }}"
            for path in others
        )
        own, below = word(served.path), word(served.path + "/")
        for matches in (f"-m str {own}", f"-m beg {below}"):
            yield (
                f"http-request deny deny_status 400 if {host_is(served.host)} {{ var(txn.plain) {matches} }} "
                f"!{{ var(txn.path) {matches} }}{but}"
            )


def _order(served: ServedRoute) -> tuple[bool, int, str, int, str]:
    """Longer names are nearer to what was asked for, and so are longer paths."""
    return served.host.startswith("*."), -len(served.host), served.host, -len(served.path), served.path
