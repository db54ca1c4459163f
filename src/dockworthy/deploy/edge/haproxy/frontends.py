"""HAProxy's frontends: where it listens, which route a request belongs to (the host's name, exact before wildcard,
then the longest path), and who answers where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ....model.deploy_settings import Tls
from ..routes import ProjectRoutes, ServedRoute
from .hold import HOLD, any_waits, waiting
from .quoting import formatted, word
from .shares import of_address


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


HTTP, HTTPS = 8080, 8443
"""Inside the container: no privilege is needed for high ports."""
RUN = "/run/edge"
ADMIN, PROBE, METRICS = "admin.sock", "probe.sock", "metrics.sock"
SERVERS = "servers"
"""What a new process is told of the servers, so that it need not wait for the first answer of the engine's DNS."""
CERTIFICATES = "certificates"
"""The list of certificates, each with the names for which it is shown."""
NOBODY, NOBODYS_NAME = "_nobody", "nobody.invalid"
"""The certificate for names that no project has, and for clients that name none: it tells of no project. None is called
so, as none begins with `_`."""
CHALLENGE = "/.well-known/acme-challenge/"
_AMONG_EDGES = "challenge.invalid"
"""The host under which one edge asks another (acme.lua)."""

_FORGED = (
    # Which host, path and scheme were asked for:
    "X-Original-URL", "X-Original-Host", "X-Original-URI", "X-Rewrite-URL", "X-Host", "X-Scheme", "X-Url-Scheme",
    "X-HTTP-Host-Override", "Front-End-Https", "Proxy",
    # From which address:
    "Forwarded", "X-Forwarded", "Forwarded-For", "X-Original-Forwarded-For", "X-Real-IP", "X-Client-IP", "Client-IP",
    "True-Client-IP", "X-True-Client-IP", "X-Cluster-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6",
    "CF-Pseudo-IPv4", "Fastly-Client-IP", "Fly-Client-IP", "X-Azure-ClientIP", "X-Azure-SocketIP",
    "X-Appengine-User-IP", "X-Envoy-External-Address", "X-Originating-IP", "X-ProxyUser-Ip",
    "Proxy-Client-IP", "WL-Proxy-Client-IP", "WL-Proxy-SSL", "X-Real-Port",
    # Who it is, and by which certificate (RFC 9440):
    "X-WEBAUTH-USER", "Client-Cert", "Client-Cert-Chain", "X-Client-Cert",
)  # fmt: skip
"""Besides all that begin with the words of _FORGED_BEGINNINGS: applications believe them where a proxy stands before
them, and some act on them (`Proxy` becomes the variable HTTP_PROXY of a CGI program)."""
_FORGED_BEGINNINGS = (
    "X-Forwarded-", "Remote-", "X-Remote-", "X-Auth-Request-", "X-Authenticated-", "X-SSL-Client-", "SSL-Client-",
)  # fmt: skip
_DOTS = r"/\.\.?(;[^/]*)?(/|$)"
"""A path that climbs: an application might find itself elsewhere than the route that was judged."""
_HOST = r"^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{0,5})?$"
"""A name or address, and a port: HAProxy itself takes what follows the colon as it is (`shop.example.com:"><x>`), and
applications write links with it."""
_CONTROL = "%([01][0-9a-f]|7f)"
"""Of a path, escaped: it ends a line, or a text, where somebody decodes it."""
_NOBODY = "Nothing is served here under this name and path.\n"


def frontends(projects: Sequence[ProjectRoutes]) -> Iterator[str]:
    """The lines of all of them. Probes of our own come by a socket, and are neither sent to https nor held up."""
    with_tls = any(each.has_tls for each in projects)
    routing = [*refused_spellings(projects), *uses(projects), "default_backend nobody"]
    yield from _section(
        "frontend http", f"bind :{HTTP}", of_address(), _front(), _challenges(projects), _sent(projects), routing
    )
    if with_tls:
        bind = f"bind :{HTTPS} ssl crt-list {CERTIFICATES} alpn h2,http/1.1"
        yield from _section("frontend https", bind, of_address(), _front(), _sent(projects, secure=True), routing)
    bind = f"bind unix@{RUN}/{PROBE} mode 666"
    yield from _section("frontend probe", bind, _front(source="127.0.0.1"), routing)
    if any_waits(projects):
        yield from _section(f"frontend {HOLD}", waiting())


def nobody() -> Iterator[str]:
    """The answer where no route leads."""
    answer = f"http-request return status 404 content-type text/plain string {word(_NOBODY.strip())}"
    yield from _section("backend nobody", answer)


def _section(head: str, *parts: str | Iterable[str]) -> Iterator[str]:
    yield ""
    yield head
    for part in parts:
        for line in [part] if isinstance(part, str) else part:
            yield f"    {line}"


def _front(source: str = "") -> Iterator[str]:
    """What is known of a request, in one form: routes must not be passed by another spelling of the same."""
    yield "log global"
    yield 'log-format "%ci %HM %[var(txn.host)]%HPO %ST %B %Ta ms %b/%s %si %tsc"'  # no query: it may hold secrets
    host = f"{{ req.fhdr(host) -m found }} !{{ req.fhdr(host) -m reg -i {word(_HOST)} }}"
    yield f"http-request deny deny_status 400 if {host}"
    yield "http-request set-var(txn.host) req.hdr(host),field(1,:),lower,rtrim(.)"
    yield "http-request set-var(txn.path) path,url_dec,regsub(//+,/,g)"
    yield "http-request deny deny_status 400 unless { var(txn.path) -m found }"  # what can't be decoded
    yield f"http-request deny deny_status 400 if {{ path -m reg -i {word(_CONTROL)} }}"
    yield "http-request set-uri %[pathq] unless { url_beg / }"  # GET http://somebody@shop.example.com/
    # As applications may read it that decode it twice, that take `\\` for `/`, and what follows a `;` for no part of
    # the name.
    yield "http-request set-var(txn.plain) var(txn.path),url_dec"
    yield "http-request set-var(txn.plain) var(txn.path) unless { var(txn.plain) -m found }"
    yield r"http-request set-var(txn.plain) var(txn.plain),regsub('\\\\','/',g),regsub(';[^/]*','',g),regsub(//+,/,g)"
    for name in ("path", "plain"):
        yield f"http-request deny deny_status 400 if {{ var(txn.{name}) -m reg {word(_DOTS)} }}"
    # Else one request that leads nowhere opens a way past all of this: HAProxy before 3.0 passes it on.
    yield "http-request del-header Upgrade if { req.hdr(upgrade) -i h2c }"
    # A client may ask the next hop to drop headers that it names here, ours among them.
    yield "http-request set-header Connection Upgrade if { req.hdr(connection) -i upgrade }"
    yield "http-request del-header Connection unless { req.hdr(connection) -i upgrade }"
    for beginning in _FORGED_BEGINNINGS:
        yield f"http-request del-header {beginning} -m beg"
    for name in _FORGED:
        yield f"http-request del-header {name}"
    yield f"http-request set-header X-Forwarded-For {source or '%[src]'}"
    yield f"http-request set-header X-Real-IP {source or '%[src]'}"
    yield "http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]"
    yield "http-request set-header X-Forwarded-Host %[req.hdr(host)]"


def _challenges(projects: Sequence[ProjectRoutes]) -> Iterator[str]:
    """For names of projects that have certificates so, and among the edges themselves: other projects may answer
    challenges of their own."""
    names = [name for each in projects if each.edge.tls is Tls.ACME for name in each.names]
    for name in dict.fromkeys((*names, _AMONG_EDGES) if names else ()):
        yield f"http-request use-service lua.acme if {host_is(name)} {{ path_beg {CHALLENGE} }}"


def uses_acme(projects: Iterable[ProjectRoutes]) -> bool:
    return any(each.edge.tls is Tls.ACME for each in projects)


def _sent(projects: Sequence[ProjectRoutes], *, secure: bool = False) -> Iterator[str]:
    """Requests for another name of a host, or for http where the host has https, are told where to go."""
    for project in projects:
        port = "" if project.edge.https == 443 else f":{project.edge.https}"
        for served in project.routes:
            to = f"https://{served.host}{port}" if project.has_tls else _plain(served.host, project.edge.http)
            for name in served.route.redirect_from:
                yield f"http-request redirect prefix {formatted(to)} code 308 if {host_is(name.lower())}"
        if project.has_tls and not secure:
            for host in dict.fromkeys(served.host for served in project.routes):
                to = f"'https://%[var(txn.host)]{port}%[pathq]'"
                yield f"http-request redirect location {to} code 308 if {host_is(host)}"


def _plain(host: str, port: int | None) -> str:
    return f"http://{host}" if port in (80, None) else f"http://{host}:{port}"
