"""What a project asks of the edge: its routes, read from dockworthy.yaml with the files that they name (users and
their hashes, pages, certificates), and kept on the host in a file for each project.
"""

from __future__ import annotations

import os
import re
import ssl
import stat
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from ...errors import UnreadableInput, UsageError
from ...model.deploy_settings import CertificateFiles, DeploySettings, Edge, Route, Tls, seconds_of
from ...readers.project_file import NAME, text_of_file
from ...readers.yaml_source import Value, documents

SLOTS = 10
"""Containers of one service that get requests at a time: old and new together."""


class Page(Struct, frozen=True):
    """What is shown in place of a service."""

    type: str
    text: str


class ServedRoute(Struct, frozen=True):
    """A route with what its files hold. `users`: name -> hash of the password. `slots` is raised for many replicas.
    `wait`: seconds that requests wait while no container is well; 0: they get 503 at once."""

    route: Route
    users: dict[str, str] = {}
    page: Page | None = None
    slots: int = SLOTS
    wait: float = 0.0

    @property
    def host(self) -> str:
        return self.route.host.lower()

    @property
    def path(self) -> str:
        """Without a slash at its end; "" is the whole host."""
        return self.route.path.rstrip("/")


class ProjectRoutes(Struct, frozen=True):
    """`certificates`: host name -> PEM text with chain and key, where `edge.tls` is `files`. `acme_ca`: the PEM text by
    which an ACME authority is trusted that the host does not know. `owns`: the host names that the project had first
    at this edge.

    `aliases`: service -> the name by which its containers are found on the edge's network. It is a secret: who knows it
    could get the service's requests. `old_names`: services of which containers run that older versions named
    `web.shop` there; they are found by that name, too, until they are replaced."""

    project: str
    edge: Edge
    routes: tuple[ServedRoute, ...]
    certificates: dict[str, str] = {}
    acme_ca: str = ""
    owns: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    old_names: tuple[str, ...] = ()

    @property
    def has_tls(self) -> bool:
        return self.edge.tls is not Tls.OFF

    @property
    def names(self) -> tuple[str, ...]:
        """All host names that lead to it, each once."""
        every = [name.lower() for each in self.routes for name in (each.route.host, *each.route.redirect_from)]
        return tuple(dict.fromkeys(every))

    @property
    def backends(self) -> dict[str, ServedRoute]:
        """HAProxy's name for what a route leads to -> the route. The first of a service is `shop:web`."""
        named: dict[str, ServedRoute] = {}
        for served in self.routes:
            first = f"{self.project}:{served.route.service}"
            more = sum(name == first or name.startswith(f"{first}:") for name in named)
            named[f"{first}:{more + 1}" if more else first] = served
        return named

    def templates(self, served: ServedRoute) -> dict[str, str]:
        """Prefix of HAProxy's slots -> the DNS name of the service's containers, and the port. A slot keeps its name
        for as long as its DNS name counts, so that a new process knows it again."""
        service, port = served.route.service, served.route.port
        secret, found = self.aliases.get(service), {}
        if secret is None or service in self.old_names:
            found["s"] = f"{old_name(self.project, service)}:{port}"
        if secret is not None:
            found["c"] = f"{secret}:{port}"
        return found

    @property
    def lead_to(self) -> dict[str, tuple[str, ...]]:
        """HAProxy's names for what routes lead to -> the DNS names of the service's containers, each with the port."""
        return {name: tuple(self.templates(served).values()) for name, served in self.backends.items()}


def old_name(project: str, service: str) -> str:
    """The name by which older versions let the edge find a service's containers. Anybody can take it."""
    return f"{service}.{project}"


Read = TypeVar("Read")

_MOST = 64 * 1024
_WAIT = 10.0
"""Seconds: longer than most services take to start, shorter than people wait."""
_PAGE = 10_000
"""Bytes of a page: HAProxy answers with it out of one buffer of 16 kB."""
_TYPES = {".html": "text/html", ".htm": "text/html", ".json": "application/json"}
_USER = re.compile(r"[!-9;-~]{1,100}")
_HASH = re.compile(r"\$(5|6|y|2[aby])\$[./A-Za-z0-9$=,]{10,200}")
_MAKE_ONE = "`openssl passwd -6` makes a hash"
MOST_ROUTES = 300
"""Of a project. Where there are others, each route's rule adds up the requests of all routes of its project, so HAProxy
takes 31 MiB for 100 routes, 97 for 300, 295 for 600 (measured with `haproxy -c`, 3.0), and its container has 512."""
MOST_REPLICAS = 250
"""Of a service: 8 KiB (`accepted_payload_size`) hold some 500 addresses of 16 bytes."""
_MOST_ROUNDS = 20_000
_MOST_BCRYPT = 8
_CHEAP_YESCRYPT = re.compile(r"\$y\$j[./0-9][./0-9A-T]\$")
"""Hashes of which HAProxy computes one in 20 ms or less: anybody can have it compute one with each request, and nobody
of all projects gets an answer meanwhile. Forty requests to a route with bcrypt's 12 kept all of them waiting for 45 s.
"""


def read_routes(
    project: str,
    settings: DeploySettings,
    folder: Path,
    *,
    replicas: Mapping[str, int] | None = None,
    stop_first: Collection[str] = (),
) -> ProjectRoutes:
    """`folder`: that of dockworthy.yaml. `replicas`: service -> how many, where that is more than a few. `stop_first`:
    services whose old containers go before new ones come.

    Raises UnreadableInput with file and line for a file that can't be used: the line of the file that is wrong, or
    the one of dockworthy.yaml that names it.
    """
    assert isinstance(settings.edge, Edge), "an edge that was there before is not ours to configure"
    served = tuple(
        ServedRoute(
            route,
            _named(folder, "basic_auth", route.basic_auth, _users) if route.basic_auth else {},
            _named(folder, "maintenance", route.maintenance, partial(_page, folder)) if route.maintenance else None,
            max(SLOTS, 2 * (replicas or {}).get(route.service, 1) + 2),
            seconds_of(route.wait) if route.wait else _WAIT if route.service in stop_first else 0.0,
        )
        for route in settings.routes
    )
    acme = settings.edge.acme.ca if settings.edge.tls is Tls.ACME else ""
    trusted = _named(folder, "ca", acme, _text) if acme else ""
    return ProjectRoutes(project, settings.edge, served, _certificates(settings.edge, folder), trusted)


def must_fit(settings: DeploySettings, replicas: Mapping[str, int]) -> None:
    """Raises UsageError for what would take the edge's memory from other projects, or never be reached. A release that
    comes back is not asked: it ran."""
    if (number := len(settings.routes)) > MOST_ROUTES:
        raise UsageError(
            f"{number} routes: a project may have {MOST_ROUTES} at an edge, which keeps them all in memory",
            hint="a wildcard (`*.example.com`) is one route, and a service can tell host names and paths apart itself",
        )
    for service in dict.fromkeys(route.service for route in settings.routes):
        if (number := replicas.get(service, 1)) > MOST_REPLICAS:
            raise UsageError(
                f"{number} containers of {service}: an edge reaches {MOST_REPLICAS} of a service, for an answer of "
                "the engine's DNS has room for 500, old and new together",
                hint=f"ask for {MOST_REPLICAS} at the most, or divide them into services with routes of their own",
            )


def _named(folder: Path, key: str, name: str, read: Callable[[Path], Read]) -> Read:
    """The file `name` as `read` reads it. What is wrong with the file as a whole is said at the line of `key` in
    dockworthy.yaml, where it stands there: a release that comes back may name what is written there no more."""
    try:
        return read(folder / name)
    except UnreadableInput as error:
        place = None if error.line else _place_of(folder / NAME, key, name)
        if place is None:
            raise
        raise UnreadableInput(
            f"{key}: {name}: {error.problem}", file=place.file, line=place.line, hint=error.hint
        ) from None


def _place_of(project_file: Path, key: str, name: str) -> Value | None:
    try:
        found = [*documents(text_of_file(project_file), str(project_file))]
    except UnreadableInput:
        return None
    return next((at for each in found for at in _members(each.get("deploy"), key) if at.scalar_text() == name), None)


def _members(value: Value | None, key: str) -> Iterator[Value]:
    """All that are called so, however deep; only texts and numbers."""
    if value is None:
        return
    inner = value.items() if value.is_sequence else []
    if value.is_mapping:
        for name in value.keys():
            member = value.get(name)
            if member is not None and name == key and not member.is_mapping and not member.is_sequence:
                yield member
            elif member is not None:
                inner.append(member)
    for each in inner:
        yield from _members(each, key)


def _users(path: Path) -> dict[str, str]:
    """`user:hash` lines, as htpasswd writes them."""
    users: dict[str, str] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.rstrip().partition(":")
        if not colon or not _USER.fullmatch(user):
            raise UnreadableInput("not a line of the form user:hash", file=str(path), line=number, hint=_MAKE_ONE)
        if password.startswith("$apr1$") or password.startswith("$1$"):
            says = f"the hash for {user} is MD5, which is guessed in no time"
            raise UnreadableInput(says, file=str(path), line=number, hint=_MAKE_ONE)
        if not _HASH.fullmatch(password):
            says = f"what stands there for {user} is not a hash of crypt ($6$…, $5$…, $y$…, $2y$…)"
            raise UnreadableInput(says, file=str(path), line=number, hint=_MAKE_ONE)
        if _is_costly(password):
            says = f"the hash for {user} takes so long that a few requests hold up all projects of the host"
            hint = f"{_MAKE_ONE}; at most: rounds={_MOST_ROUNDS}, $2y$0{_MOST_BCRYPT}$, $y$j9T$"
            raise UnreadableInput(says, file=str(path), line=number, hint=hint)
        if user in users:
            raise UnreadableInput(f"{user} stands here twice", file=str(path), line=number)
        users[user] = password
    if not users:
        raise UnreadableInput("no user in it: nobody would get in", file=str(path), hint=_MAKE_ONE)
    return users


def _is_costly(password: str) -> bool:
    """crypt(5): `$6$rounds=N$…`, `$2y$N$…`, `$y$` with N, r and more as letters."""
    _, kind, cost, *_ = password.split("$")
    if kind in ("5", "6"):
        rounds = cost.removeprefix("rounds=")
        return rounds != cost and not (rounds.isdecimal() and int(rounds) <= _MOST_ROUNDS)
    if kind == "y":
        return not _CHEAP_YESCRYPT.match(password)
    return not (cost.isdecimal() and int(cost) <= _MOST_BCRYPT)


def _page(folder: Path, path: Path) -> Page:
    """It is shown to everybody: only a file of the project itself can be one, not what a link or `..` leads to."""
    try:
        real, root = path.resolve(strict=True), folder.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        says = f"can't be read: {getattr(error, 'strerror', None) or error}"
        raise UnreadableInput(says, file=str(path)) from None
    if not real.is_relative_to(root):
        says = f"{'the link leads' if path.is_symlink() else 'it is'} out of the folder of dockworthy.yaml"
        raise UnreadableInput(f"a page that everybody sees is a file of the project: {says}", file=str(path))
    if any(part.startswith(".") for part in real.relative_to(root).parts):
        says = "a page that everybody sees is no hidden file, and in no hidden folder (.env, .git)"
        raise UnreadableInput(says, file=str(path))
    text = _text(real)
    if not text or len(text.encode()) > _PAGE:
        raise UnreadableInput(f"a page has from 1 to {_PAGE} bytes", file=str(path))
    return Page(_TYPES.get(path.suffix.lower(), "text/plain"), text)


def _certificates(edge: Edge, folder: Path) -> dict[str, str]:
    if edge.tls is not Tls.FILES:
        return {}
    return {name.lower(): _pair(files, folder) for name, files in edge.certificates.items()}


def _pair(files: CertificateFiles, folder: Path) -> str:
    """Chain and key as one PEM text, the way HAProxy wants them."""
    certificate = _named(folder, "certificate", files.certificate, _text)
    key = _named(folder, "key", files.key, _text)
    whole = f"{certificate.strip()}\n{key.strip()}\n"
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as both:  # mode 0600
        both.write(whole)
        both.flush()
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(both.name, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            says = f"with the key in {files.key} it makes no certificate: {getattr(error, 'reason', None) or error}"
            raise UnreadableInput(says, file=str(folder / files.certificate)) from None
    return whole


def _no_password() -> str:
    raise ValueError("the key has a password, which the edge would be asked for at each start")


def _text(path: Path) -> str:
    """Of a regular file: a pipe or a device might never end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableInput("not a regular file", file=str(path))
            raw = os.pread(descriptor, _MOST + 1, 0)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnreadableInput(f"can't be read: {error.strerror}", file=str(path)) from None
    if len(raw) > _MOST:
        raise UnreadableInput("larger than 64 kB", file=str(path))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise UnreadableInput("not UTF-8", file=str(path)) from None
