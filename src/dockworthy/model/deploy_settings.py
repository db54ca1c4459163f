"""The `deploy:` part of dockworthy.yaml: where a project goes, how it is reached, and when a release is kept."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

ALLOWED: dict[str, str] = {}
"""Pattern -> what it allows, in words and with an example: nobody should have to read a regular expression."""


def text(pattern: str, allowed: str, *, max_length: int | None = None) -> Meta:
    """A text that the pattern matches."""
    ALLOWED[pattern] = allowed
    return Meta(pattern=pattern, max_length=max_length)


Duration = Annotated[str, text(r"^(\d+(\.\d+)?(ms|s|m|h))+$(?!\n)", "a duration, as `30s`, `500ms` or `1h30m`")]
"""As Compose writes them: `500ms`, `30s`, `1m30s`."""

Port = Annotated[int, Meta(ge=1, le=65535)]

_LABELS = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$(?!\n)"
HostName = Annotated[str, text(rf"^{_LABELS}", "a host name, as `shop.example.com`", max_length=253)]
"""Letters as they are in DNS; a name in other letters is written as DNS has it (`xn--…`)."""
HostOrWildcard = Annotated[
    str, text(rf"^(\*\.)?{_LABELS}", "a host name, as `shop.example.com` or `*.example.com`", max_length=253)
]
"""`*.example.com` stands for one more label."""
ProjectName = Annotated[
    str,
    text(
        r"^[a-z0-9][a-z0-9_-]*$(?!\n)",
        "a project name of lower-case letters, digits, `-` and `_`, as `shop`",
        max_length=128,
    ),
]
"""As Compose takes it."""
HeaderName = Annotated[
    str, text(r"^[A-Za-z0-9][A-Za-z0-9-]*$(?!\n)", "the name of an HTTP header, as `X-Frame-Options`", max_length=100)
]
HeaderValue = Annotated[
    str,
    text(r"^[!-~]([ -~]*[!-~])?$(?!\n)", "the value of an HTTP header: one line of ASCII, as `DENY`", max_length=3000),
]


def seconds_of(duration: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))


class TargetKind(StrEnum):
    """Who makes the containers: Compose on one engine, or a swarm's managers on several."""

    COMPOSE = "compose"
    SWARM = "swarm"


class Tls(StrEnum):
    """Where the edge's certificates come from. `internal`: an authority made on the host; `files`: your own."""

    OFF = "off"
    INTERNAL = "internal"
    FILES = "files"
    ACME = "acme"


class CertificateFiles(Struct, frozen=True, forbid_unknown_fields=True):
    """PEM files, their paths relative to dockworthy.yaml. `certificate` holds the chain, too."""

    certificate: str
    key: str


class Acme(Struct, frozen=True, forbid_unknown_fields=True):
    """`directory` is the authority's address ("": Let's Encrypt's), `ca` a PEM file by which that one is trusted."""

    email: Annotated[
        str, text(r"^([^\s@]+@[^\s@]+)?$(?!\n)", "an e-mail address, as `ops@example.com`", max_length=254)
    ] = ""
    directory: Annotated[str, text(r"^(https://[!-~]+)?$(?!\n)", "an address that begins with `https://`")] = ""
    ca: str = ""


EdgeHost = Annotated[str, text(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$(?!\n)", "the name of a host in `hosts:`", max_length=63)]


class Edge(Struct, frozen=True, forbid_unknown_fields=True):
    """HAProxy on the host's ports (`off`: None of it). With TLS, what comes to `http` is sent to `https`.

    `certificates`: host name -> files, where `tls` is `files`. `image`: by digest; "" builds it on the host from the
    distribution's package. `hosts`: on a swarm, the hosts that each have the edge, by their names in dockworthy.yaml
    ((): the manager that is shipped to). `address`: one that stands on one of them, and moves when that is lost.
    """

    http: Port | bool | None = 80
    https: Port | bool | None = 443
    tls: Tls | bool = Tls.INTERNAL
    certificates: dict[HostOrWildcard, CertificateFiles] = {}
    acme: Acme = Acme()
    image: Annotated[
        str,
        text(
            r"^([!-~]+@sha256:[0-9a-f]{64})?$(?!\n)",
            "an image with its digest, as `haproxy@sha256:` and 64 hexadecimal digits",
        ),
    ] = ""
    hosts: tuple[EdgeHost, ...] = ()
    address: Annotated[
        str,
        text(
            r"^(\d{1,3}(\.\d{1,3}){3}/\d{1,2})?$(?!\n)",
            "an IPv4 address with the length of its network, as `192.0.2.100/24`",
        ),
    ] = ""

    def __post_init__(self) -> None:
        """YAML reads `off` as false. Raises ValueError for true, which says nothing."""
        for name, off in (("http", None), ("https", None), ("tls", Tls.OFF)):
            value = getattr(self, name)
            if value is True:
                raise ValueError(f"`{name}` is on or true: that does not say which")
            if value is False:
                msgspec.structs.force_setattr(self, name, off)


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Requests for `host` below `path` go to a service's `port`. The longest path wins.

    `health` is the path that tells whether a container may get requests ("": it takes connections). `strip_path`: the
    service does not see `path`. `redirect_from`: other host names that are sent here. `headers` are set on answers.
    `basic_auth`: a file of `user:hash` lines (crypt). `body`: the most bytes of a request (`10m`). `rate`: requests of
    one address (`100/10s`). `retry_unsafe`: also POST may be sent twice. `timeout`: how long an answer may take.
    `maintenance`: a file that is shown, with 503, in place of the service. `wait`: how long requests wait while no
    container is well ("": 10s where old ones must go before new ones come, else they get 503 at once). `share_with`:
    other projects that may have routes of their own on this host, also below this path.
    """

    host: HostOrWildcard
    service: Annotated[
        str,
        text(r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$(?!\n)", "the name of a service, as `web`", max_length=63),
    ]
    port: Port
    path: Annotated[
        str, text(r"^/[A-Za-z0-9._~!$&()*+,;=:@/-]*$(?!\n)", "a path that begins with `/`, as `/api`", max_length=500)
    ] = "/"
    health: Annotated[
        str, text(r"^(/[!-~]*)?$(?!\n)", "a path that begins with `/`, as `/healthz`", max_length=500)
    ] = ""
    strip_path: bool = False
    redirect_from: tuple[HostName, ...] = ()
    headers: dict[HeaderName, HeaderValue] = {}
    basic_auth: str = ""
    body: Annotated[str, text(r"^(\d{1,9}[kmg]?)?$(?!\n)", "a size in bytes or with `k`, `m` or `g`, as `10m`")] = ""
    rate: Annotated[
        str, text(r"^([1-9]\d{0,6}/[1-9]\d{0,3}(s|m|h))?$(?!\n)", "requests in a time, as `100/1s` or `1000/1m`")
    ] = ""
    retry_unsafe: bool = False
    timeout: Duration = "60s"
    maintenance: str = ""
    wait: Annotated[str, text(r"^((\d+(\.\d+)?(ms|s|m|h))+)?$(?!\n)", "a duration, as `30s`, `500ms` or `1h30m`")] = ""
    share_with: tuple[ProjectName, ...] = ()


class ExistingEdge(Struct, frozen=True, forbid_unknown_fields=True):
    """An edge that was there before (`edge: existing`). `address`: where it answers, as the engine's host reaches it
    ("": http://127.0.0.1:80, or https there where that sends to it). `settle`: how long it may take to notice that
    containers came or went. `drain`: a signal on which the app fails its health check and goes on serving; old
    containers get it, and are stopped once they are unhealthy ("": they are just stopped).
    """

    address: Annotated[
        str,
        text(
            r"^(https?://[A-Za-z0-9.-]+(:[1-9]\d{0,4})?/?)?$(?!\n)",
            "an address of a scheme, a host and a port, as `http://127.0.0.1:8000`",
            max_length=260,
        ),
    ] = ""
    settle: Duration = "2s"
    drain: Annotated[str, text(r"^((SIG)?[A-Z][A-Z0-9]{1,8})?$(?!\n)", "the name of a signal, as `SIGTERM`")] = ""


class Objectives(Struct, frozen=True, forbid_unknown_fields=True):
    """What a release must keep to while it is observed; else it is rolled back. `p95` of the answers' times."""

    failed_requests: Annotated[int, Meta(ge=0)] = 0
    p95: Duration | None = None
    restarts: Annotated[int, Meta(ge=0)] = 0


class Job(Struct, frozen=True, forbid_unknown_fields=True):
    """A service of compose.yaml that runs once. `on_rollback`: also where an earlier release comes back; else its old
    version would meet what newer ones did, as an old migration a newer schema."""

    service: str
    on_rollback: bool = False


class Jobs(Struct, frozen=True, forbid_unknown_fields=True):
    """Services of compose.yaml that run once, before or after the others, by their names or as a job with more to say.
    `irreversible`: what they do can't be taken back, so a release is never rolled back by itself."""

    before: tuple[str | Job, ...] = ()
    after: tuple[str | Job, ...] = ()
    irreversible: bool = False

    @property
    def services_before(self) -> tuple[str, ...]:
        return tuple(map(_service_of, self.before))

    @property
    def services_after(self) -> tuple[str, ...]:
        return tuple(map(_service_of, self.after))

    @property
    def services(self) -> frozenset[str]:
        return frozenset((*self.services_before, *self.services_after))

    @property
    def on_rollback(self) -> frozenset[str]:
        """The services that also run where an earlier release comes back."""
        jobs = (*self.before, *self.after)
        return frozenset(job.service for job in jobs if isinstance(job, Job) and job.on_rollback)


def _service_of(job: str | Job) -> str:
    return job if isinstance(job, str) else job.service


class Environment(Struct, frozen=True, forbid_unknown_fields=True):
    """What differs in another environment (`--env NAME`); None stays as it is. `files`: its Compose files."""

    project: str | None = None
    files: tuple[str, ...] | None = None
    edge: Edge | Literal["existing"] | None = None
    existing_edge: ExistingEdge | None = None
    routes: tuple[Route, ...] | None = None
    observe: Duration | None = None
    standby: Duration | None = None
    objectives: Objectives | None = None


class DeploySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How a project is shipped. `project`: its name with Compose ("": as Compose names it). `files`: Compose files,
    relative to dockworthy.yaml ((): those that Compose finds). `healthy_within`: how long a service may take to become
    healthy. `observe`: how long a release is watched once all tasks are healthy. `standby`: how long the old containers
    of routed services run on, out of rotation, once a release is kept, so that a rollback takes under a second."""

    target: TargetKind = TargetKind.COMPOSE
    project: str = ""
    files: tuple[str, ...] = ()
    edge: Edge | Literal["existing"] = Edge()
    existing_edge: ExistingEdge = ExistingEdge()
    routes: tuple[Route, ...] = ()
    healthy_within: Duration = "2m"
    observe: Duration = "30s"
    standby: Duration | None = None
    objectives: Objectives = Objectives()
    jobs: Jobs = Jobs()
    environments: dict[str, Environment] = {}
