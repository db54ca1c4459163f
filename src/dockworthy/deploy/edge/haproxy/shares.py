"""How much of the edge one client address and one project may take, so that the others still get through.

A WebSocket holds a connection for an hour of silence, so without shares one client takes all connections of HAProxy,
and with them every project of the host. By HTTP/2 one connection carries many requests, so both are counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..routes import ProjectRoutes

CONNECTIONS = 6000
"""At a time. A busy one costs HAProxy up to 62 KiB with TLS, so these fit into the 512 MiB of its container, and two
descriptors each fit into its 20,000."""
_OF_ADDRESS = 10
"""Percent of the connections that one IPv4 address, or one IPv6 /64, may have; and as many requests at a time."""
_OF_ENGINE = 50
"""Percent that come by the engine's own proxy: all clients by IPv6 or from the host itself have its address then."""
_OF_PROJECT = 40
"""Percent that may be requests for one project, where there are others: less than what comes by the engine's proxy may
be, so that who comes that way reaches the other projects, too."""
_TRACKED = 50_000
"""Addresses at a time, each with some 100 bytes."""
_ADDRESS = "src,ipmask(32,64)"
_OVER = "status 429 hdr Retry-After 10 content-type text/plain string 'Too many requests at a time.'"
_FULL = "status 503 hdr Retry-After 10 content-type text/plain string 'Too many requests at a time.'"


def tables() -> Iterator[str]:
    """Shared by all fronts. An entry is kept while something of its address is open."""
    for name in ("connections", "requests"):
        yield ""
        yield f"backend by-address-{name}"
        yield f"    stick-table type ipv6 size {_TRACKED} expire 60s store conn_cur"


def of_address() -> Iterator[str]:
    """The first rules of a front that clients reach. HAProxy and the engine are alone on the network by which clients
    come, so who has an address beside HAProxy's own is the engine's proxy."""
    yield "tcp-request connection set-var(sess.beside) dst,ipmask(24,64)"
    by_engine = "{ src,ipmask(24,64),strcmp(sess.beside) eq 0 }"
    for rule, counter, name, refused in (
        ("tcp-request connection", 1, "connections", "reject"),
        ("http-request", 2, "requests", f"return {_OVER}"),
    ):
        yield f"{rule} track-sc{counter} {_ADDRESS} table by-address-{name}"
        for percent, whose in ((_OF_ADDRESS, f"!{by_engine}"), (_OF_ENGINE, by_engine)):
            yield f"{rule} {refused} if {{ sc{counter}_conn_cur gt {_share(percent)} }} {whose}"


def of_project(project: ProjectRoutes, *, alone: bool) -> Iterator[str]:
    """Rules of each backend of the project, save for probes of our own. Who is alone may have everything."""
    if alone:
        return
    first, *more = project.backends
    yield f"http-request set-var(txn.busy) be_conn({first})"
    for name in more:
        yield f"http-request set-var(txn.busy) be_conn({name}),add(txn.busy)"
    yield f"http-request return {_FULL} if {{ var(txn.busy) -m int gt {_share(_OF_PROJECT)} }} !{{ fe_name probe }}"


def _share(percent: int) -> int:
    return CONNECTIONS * percent // 100
