"""The files that HAProxy reads, made from what all projects of a host ask. The same wishes make the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources

from msgspec import Struct

from ..routes import ProjectRoutes
from . import shares
from .backends import backends, page_file
from .frontends import ADMIN, CERTIFICATES, METRICS, NOBODY, NOBODYS_NAME, RUN, SERVERS, frontends, nobody, uses_acme
from .hold import any_waits

FILE = "haproxy.cfg"
HEALTH_PORT = 8404
THREADS = 4
"""HAProxy would start one for each processor of the host, whatever its container may use."""
_MARK = "dockworthy-"
ACME, _HOLD = "acme.lua", "hold.lua"

_TOP = f"""\
# Written by dockworthy from the routes of every project here; changes are lost with the next deploy.
global
    description {{marker}}
    default-path config
    nbthread {THREADS}
    maxconn {{most}}
    stats socket {RUN}/{ADMIN} mode 666 level admin
    server-state-file {RUN}/{SERVERS}
    log stdout format raw local0 info
    tune.maxrewrite 4096
    hard-stop-after 12h
    ssl-default-bind-options ssl-min-ver TLSv1.2
{{more}}
resolvers engine
    nameserver dns 127.0.0.11:53
    accepted_payload_size 8192
    resolve_retries 3
    timeout resolve 500ms
    timeout retry 500ms
    hold valid 500ms
    hold obsolete 0
    hold nx 0
    hold other 0
    # An engine that is down answers nothing, and its containers go on: they are asked themselves.
    hold refused 24h
    hold timeout 24h

defaults
    mode http
    load-server-state-from-file global
    option dontlognull
    option http-restrict-req-hdr-names delete
    option idle-close-on-response
    timeout http-request 10s
    timeout http-keep-alive 60s
    timeout client 60s
    timeout queue 5s
    timeout connect 1s
    timeout server 60s
    timeout check 2s
    timeout tunnel 1h
    option redispatch 1
    http-reuse never
    retries 5
    retry-on conn-failure empty-response response-timeout 503

frontend health
    bind 127.0.0.1:{HEALTH_PORT}
    monitor-uri /
"""
"""`retries`: old containers that end at the same moment cost a request one try each (`error-limit`), while a new one
gets next to nothing yet (`slowstart`): with five of them the sixth try finds it.

Clients share no connections to containers (`http-reuse never`): those to one that just ended break one after the other,
and each costs a try. Of 48 requests that came as two of three containers ended, to which 40 connections were kept, 15
failed with sharing and 0 without. Clients that make a connection for each request get 3,400 answers a second then, on a
busy machine, in place of 5,300; others as many as before."""
_METRICS = f"""
frontend metrics
    bind unix@{RUN}/{METRICS} mode 666
    http-request use-service prometheus-exporter"""


class EdgeFiles(Struct, frozen=True):
    """Path -> content. `marker`: what HAProxy calls itself when it runs with them; `digest` names them on the host."""

    files: dict[str, str]
    digest: str

    @property
    def marker(self) -> str:
        return _MARK + self.digest


def edge_files(
    projects: Sequence[ProjectRoutes],
    certificates: Mapping[str, str],
    *,
    exporter: bool = True,
    hosts: Sequence[str] = (),
) -> EdgeFiles:
    """`certificates`: file name -> PEM with its key. `exporter`: this HAProxy can tell Prometheus. `hosts`: the
    addresses of all hosts that have the edge, where there are several."""
    ordered = sorted(projects, key=lambda each: each.project)
    files = {f"certs/{name}.pem": text for name, text in sorted(certificates.items())}
    if files:
        files[CERTIFICATES] = "".join(f"{line}\n" for line in certificate_list(ordered, certificates))
    for project in ordered:
        for name, served in project.backends.items():
            if served.page is not None:
                files[page_file(name)] = served.page.text
    lines = "\n".join(_lines(ordered, exporter))
    scripts = [name for name, needed in ((ACME, uses_acme(ordered)), (_HOLD, any_waits(ordered))) if needed]
    for name in scripts:
        files[name] = script(name)
    top = _TOP.replace("{most}", str(shares.CONNECTIONS))
    words = {ACME: challenged_at(ordered, hosts)}
    loaded = (" ".join(["    lua-load", name, *words.get(name, ())]) for name in scripts)
    text = top.replace("{more}", "\n".join(loaded)) + lines + "\n"
    digest = hashlib.sha256("\0".join([text, *(part for pair in files.items() for part in pair)]).encode())
    short = digest.hexdigest()[:16]
    return EdgeFiles({**files, FILE: text.replace("{marker}", _MARK + short)}, short)


def script(name: str) -> str:
    """What HAProxy's Lua does."""
    return resources.files(__package__.rpartition(".")[0]).joinpath(name).read_text()


def challenged_at(projects: Iterable[ProjectRoutes], hosts: Sequence[str]) -> list[str]:
    """ADDRESS:PORT of each edge that an authority may ask, too."""
    port = next((each.edge.http for each in projects if each.edge.http is not None), None)
    places = (f"[{host}]" if ":" in host else host for host in hosts)
    return [f"{place}:{port}" for place in places] if port is not None else []


def certificate_list(projects: Sequence[ProjectRoutes], certificates: Iterable[str]) -> Iterator[str]:
    """A certificate is shown for names of its own project alone, whatever other names it holds: else one that a
    project brings for another one's host would be shown there."""
    files = sorted(certificates)
    if NOBODY in files:  # HAProxy shows the first where nothing fits
        yield f"certs/{NOBODY}.pem {NOBODYS_NAME}"
    for project in projects:
        named: dict[str, list[str]] = {name: [] for name in project.names}
        for file in files:
            owner, dot, of = file.partition(".")  # a project's name has no dot
            if owner != project.project:
                continue
            wanted = f"*{of[1:]}" if of.startswith("_") else of
            for name in project.names:
                if not dot or wanted in (name, f"*.{name.partition('.')[2]}"):
                    named[name].append(file)
        for file in files:
            # The longest is the nearest: its own name before a wildcard, and both before one for all names.
            names = [name for name, of_it in named.items() if of_it and max(of_it, key=_nearness) == file]
            if names:
                yield f"certs/{file}.pem {' '.join(names)}"


def _nearness(file: str) -> tuple[bool, bool]:
    _, dot, name = file.partition(".")
    return bool(dot), not name.startswith("_")


def _lines(projects: Sequence[ProjectRoutes], exporter: bool) -> Iterator[str]:
    if exporter:
        yield from _METRICS.splitlines()
    yield from shares.tables()
    yield from frontends(projects)
    yield from nobody()
    for project in projects:
        yield from backends(project, alone=len(projects) == 1)
