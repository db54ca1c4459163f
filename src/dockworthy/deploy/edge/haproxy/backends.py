"""What stands behind a route: the containers that the engine's DNS names, and what is done to requests on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....model.deploy_settings import seconds_of
from ..routes import ProjectRoutes, ServedRoute
from .hold import SAFE, entering, waiting_room
from .quoting import formatted, word
from .shares import of_project

_PROBES = "{ fe_name probe }"
_PLAIN = r"^[A-Za-z0-9._~!$&'()*+,;=:@/-]*$"
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_CLIENTS = 50_000
"""Addresses whose requests are counted at a time, each with some 100 bytes."""
_SERVER = (
    "resolvers engine init-addr last,none check inter 500ms fastinter 250ms fall 2 rise 1 "
    "observe layer4 error-limit 1 on-error mark-down weight 100 slowstart 2s"
)
"""A container counts as well until its first check, and gets little meanwhile: `slowstart` begins with a hundredth.

Twice, soon after each other: on a busy host one answer comes late (2 s), and of a service's only container that is well
101 of 1,500 requests failed with `fall 1`, 0 with this. A connection that fails counts at once (`on-error`):
with three of them (`error-limit 3`) two old containers that end at the same moment used up all tries of a request."""


def backends(project: ProjectRoutes, *, alone: bool) -> Iterator[str]:
    for name, served in project.backends.items():
        yield from _users(name, served)
        yield ""
        yield f"# {served.route.host}{served.route.path}"
        yield f"backend {name}"
        for line in _lines(project, name, served, alone=alone):
            yield f"    {line}"


def page_file(name: str) -> str:
    """Where the page of a backend stands, relative to the configuration."""
    return f"pages/{name.replace(':', '.')}"


def _users(name: str, served: ServedRoute) -> Iterator[str]:
    if served.users:
        yield ""
        yield f"userlist {name}"
        for user, password in served.users.items():
            yield f"    user {word(user)} password {word(password)}"


def _lines(project: ProjectRoutes, name: str, served: ServedRoute, *, alone: bool) -> Iterator[str]:
    route = served.route
    milliseconds = max(1, round(seconds_of(route.timeout) * 1000))
    yield f"timeout server {milliseconds}ms"
    yield from entering(served)
    yield from of_project(project, alone=alone)
    yield from _rate(route.rate)
    yield from _refused(name, served)
    yield from _sent_on(project, served)
    for header, value in route.headers.items():
        yield f"http-response set-header {header} {formatted(value)}"
    yield from _health(project, served)
    for prefix, server in project.templates(served).items():
        yield f"server-template {prefix} {served.slots} {server} {_SERVER}"
    yield from waiting_room(served)


def _rate(rate: str) -> Iterator[str]:
    if not rate:
        return
    most, _, period = rate.partition("/")
    seconds = round(seconds_of(period))
    yield f"stick-table type ipv6 size {_CLIENTS} expire {seconds}s store http_req_rate({seconds}s)"
    yield f"http-request track-sc0 src,ipmask(32,64) if !{_PROBES}"
    refusal = f"status 429 hdr Retry-After {seconds} content-type text/plain string 'Too many requests.'"
    yield f"http-request return {refusal} if {{ sc_http_req_rate(0) gt {most} }}"


def _refused(name: str, served: ServedRoute) -> Iterator[str]:
    """What does not get through, save for probes of our own."""
    route = served.route
    if served.page is not None:
        shown = f"status 503 content-type {word(served.page.type)} hdr Retry-After 60 file {word(page_file(name))}"
        yield f"http-request return {shown} unless {_PROBES}"
    if served.users:
        yield f"http-request auth realm {word(served.host)} unless {{ http_auth({name}) }} or {_PROBES}"
    yield from _limited(route.body)


def _limited(body: str) -> Iterator[str]:
    """A body whose length nobody tells is refused: HAProxy knows it only when all of it is here. HTTP/2 may send one
    without a word of it, and HAProxy must see its first byte."""
    if not body:
        return
    number = body.rstrip("kmg")
    most = int(number) * _UNITS[body[len(number) :]]
    untold = "!{ req.hdr(content-length) -m found } !{ req.hdr(upgrade) -m found }"
    yield f"http-request deny deny_status 413 if {{ req.body_size gt {most} }}"
    yield "http-request return status 411 if { req.hdr(transfer-encoding) -m found }"
    yield f"http-request wait-for-body time 10s at-least 1 if {untold}"
    yield f"http-request return status 411 if {{ req.body_size gt 0 }} {untold}"


def _sent_on(project: ProjectRoutes, served: ServedRoute) -> Iterator[str]:
    route = served.route
    if project.has_tls:
        yield f"http-request set-header X-Forwarded-Proto https if {_PROBES}"
    if route.strip_path:
        yield f"http-request set-header X-Forwarded-Prefix {formatted(served.path)}"
        yield from _stripped(served)
    if not route.retry_unsafe:
        yield f"http-request disable-l7-retry unless {SAFE}"


def _stripped(served: ServedRoute) -> Iterator[str]:
    """What is spelt as the route is passed on as it is. Where the route's own part is spelt otherwise (`//api/x`,
    `/%61pi/x`), the rest goes in its plain form, if that needs no `%`."""
    below = word(served.path + "/")
    spelt = "{ var(txn.spelt) -m bool }"
    whole = word(served.path)
    yield f"http-request set-var(txn.spelt) bool(true) if {{ path -m str {whole} }} or {{ path -m beg {below} }}"
    yield f"http-request deny deny_status 400 if !{spelt} !{{ var(txn.path) -m reg {word(_PLAIN)} }}"
    yield f"http-request set-path '/%[var(txn.path),bytes({len(served.path) + 1})]' unless {spelt}"
    yield f"http-request replace-path {word(f'^{re.escape(served.path)}/?(.*)$')} '/\\1' if {spelt}"


def _health(project: ProjectRoutes, served: ServedRoute) -> Iterator[str]:
    """Asked as a client would: an application may answer no other name, and send who comes by http to https."""
    if not served.route.health:
        return
    host = served.host.replace("*.", "edge.", 1)
    more = " hdr X-Forwarded-Proto https" if project.has_tls else ""
    yield "option httpchk"
    asked = f"meth GET uri {word(served.route.health)} ver HTTP/1.1 hdr Host {word(host)}"
    yield f"http-check send {asked} hdr User-Agent dockworthy-edge{more}"
    yield "http-check expect status 200-399"
