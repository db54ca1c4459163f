"""Requests of a service that has no well container for a moment wait, in place of a 503: each backend then has a last
server, a front of this HAProxy's own, where `hold.lua` keeps them until a container is well, and sends them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..routes import ProjectRoutes, ServedRoute

HOLD = "hold"
"""The front, the last server of a backend, and what Lua does."""
_AT = "abns@dockworthy-hold"
SAFE = "{ method GET HEAD OPTIONS TRACE }"
"""May be sent twice."""
_MOST = 300
"""Of a backend: each takes two connections, and one service must not take those of all others."""
_COMES_BACK = f"{{ fe_name {HOLD} }}"
_BACKEND, _WAIT = "0xE0", "0xE1"
"""What goes along with a request, where no client can write it: TLVs of the PROXY protocol that are free to use."""


def any_waits(projects: Iterable[ProjectRoutes]) -> bool:
    return any(served.wait for each in projects for served in each.routes)


def waiting() -> Iterator[str]:
    """The front where they wait."""
    yield f"bind {_AT} accept-proxy"
    yield f"http-request set-var(txn.backend) fc_pp_tlv({_BACKEND})"
    yield f"http-request set-var(txn.wait) fc_pp_tlv({_WAIT})"
    yield f"http-request lua.{HOLD}"
    yield "http-request return status 503 if { var(txn.gone) -m found }"
    yield "use_backend %[var(txn.backend)]"


def entering(served: ServedRoute) -> Iterator[str]:
    """The first rules of a backend: who waited was looked at, counted and changed already."""
    if not served.wait:
        return
    if not served.route.retry_unsafe:
        yield f"http-request disable-l7-retry if {_COMES_BACK} !{SAFE}"
    yield f"http-request allow if {_COMES_BACK}"
    yield f"http-request return status 503 if {{ srv_conn({HOLD}) ge {_MOST} }}"


def waiting_room(served: ServedRoute) -> Iterator[str]:
    """The last server of a backend: it is used where no other one can be."""
    if served.wait:
        told = f"set-proxy-v2-tlv-fmt({_BACKEND}) %[be_name] set-proxy-v2-tlv-fmt({_WAIT}) %[str({served.wait:g})]"
        yield f"server {HOLD} {_AT} backup send-proxy-v2 {told}"
