"""What the guard lets pass beyond the controls: the `guard` part of dockworthy.yaml."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Annotated

from msgspec import Meta, Struct

from .deploy_settings import text
from .ports import Ports

KINDS = ("user", "group", "certificate", "container")
Who = Annotated[str, Meta(extra_json_schema={"pattern": f"^({'|'.join(KINDS)}):[^ ].*$"})]
"""`user:alice`, `group:ops`, `certificate:ci` (the subject's common name), `container:traefik`."""
EVERYBODY = "group:everybody"
"""Whoever connects to a socket that has one role (`guard socket`)."""


NO_LIMIT = "leave it out for no limit"
Word = Annotated[str, text(r"\S", "text that is not empty, as `shop`")]
Limits = Annotated[tuple[Word, ...], Meta(extra_json_schema={"minItems": 1})]
"""Names or patterns. Who writes an empty list meant to allow nothing, so that dockworthy.yaml may not say it; who means
no limit writes nothing."""


class Role(StrEnum):
    """What somebody may do; one who holds several may do what any of them allows."""

    VIEWER = "viewer"  # see what is there, logs and events too; no environments, no files of containers
    DEPLOYER = "deployer"  # make, change, start and remove what the policy allows
    OPERATOR = "operator"  # start and stop, run commands in containers, read their files and environments
    ADMIN = "admin"  # everything, also what the policy refuses to others


class Binding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A role of somebody's. `projects` (of Compose, stacks of Swarm) and `images` (`registry.example.com/shop/*`) limit
    it to objects of those; left out: no limit. Raises ValueError for limits of an admin, who could remove them, for a
    limit without a name, and for a `who` of no known kind."""

    who: Who
    role: Role
    projects: Limits = ()
    images: Limits = ()

    def __post_init__(self) -> None:
        if not all(each.strip() for each in (*self.projects, *self.images)):
            raise ValueError(f"a project or an image without a name limits nothing: {NO_LIMIT}")
        kind, _, name = self.who.partition(":")
        if kind not in KINDS or not name.strip():
            raise ValueError(f"who is {', '.join(f'{each}:NAME' for each in KINDS)}, not {self.who!r}")
        if self.role is Role.ADMIN and (self.projects or self.images):
            raise ValueError("an admin has no limits: whoever may do everything can remove them")


PublishedPorts = (
    Annotated[int, Meta(ge=1, le=65535)]
    | Annotated[str, Meta(extra_json_schema={"pattern": r"^[0-9]{1,5}(-[0-9]{1,5})?(/(tcp|udp|sctp))?$"})]
)
"""`443` and `443/tcp` are the same; `8000-8010/udp`."""


Folder = Annotated[str, Meta(extra_json_schema={"pattern": r"^/[^:]*(:ro)?$"})]
"""`/srv/shop`, or `/var/log:ro`."""


class BindFolder(Struct, frozen=True):
    path: str
    read_only: bool


class GuardPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing listed is nothing allowed.

    `binds`: folders of the host below which a container may mount files: `/srv/shop` to read and write them,
    `/var/log:ro` only to read them; the longest that fits counts. Each, and every folder above it, must be writable by
    root alone, and by no container; what is written lies below a folder that root alone can enter, or on a mount with
    nosuid and nodev. `devices`, `runtimes`, `log_drivers`, `volume_drivers`, `network_drivers`: allowed
    beside the engine's own harmless ones; a device by its path, or by its numbers (`c 189:*`) where a device rule
    opens what is not there yet. `images`: names that are this policy's own (`registry.example.com/shop/*`): nobody
    but an admin tags, loads or builds over them. `registries`: hosts that the engine may be sent to, and no others
    (`docker.io`, `registry.example.com`, `*.example.com`, `localhost:5000`); none listed: all but the host
    itself, its containers and its link. `ports`: those of the host that may be published, and no others; none listed:
    every one for containers, and for services of a swarm those from 1024 on. What a program of the host or the edge
    has is never published. `builds`: may images be built here? `roles`: who may do what at the guard's
    socket for people.
    Raises ValueError for a folder that could be read in two ways, and for a port that is none.
    """

    binds: tuple[Folder, ...] = ()
    devices: tuple[Word, ...] = ()
    runtimes: tuple[Word, ...] = ()
    log_drivers: tuple[Word, ...] = ()
    volume_drivers: tuple[Word, ...] = ()
    network_drivers: tuple[Word, ...] = ()
    images: tuple[Word, ...] = ()
    registries: Limits = ()
    ports: Annotated[tuple[PublishedPorts, ...], Meta(extra_json_schema={"minItems": 1})] = ()
    builds: bool = True
    roles: tuple[Binding, ...] = ()

    def __post_init__(self) -> None:
        paths = [folder.path for folder in self.folders()]
        twice = next((path for path in paths if paths.count(path) > 1), None)
        if twice:
            raise ValueError(f"binds lists {twice} twice: once is enough, writable or with :ro")
        self.listed_ports()

    @property
    def own_images(self) -> tuple[str, ...]:
        """Names that say something, so that nobody but an admin may give them: those of `images`, and those that a role
        is limited to."""
        limits = (pattern for binding in self.roles for pattern in binding.images if pattern.strip("*"))
        return tuple(dict.fromkeys((*self.images, *limits)))

    def folders(self) -> tuple[BindFolder, ...]:
        """Of `binds`, the longest first."""
        return _folders(self.binds)

    def listed_ports(self) -> tuple[Ports, ...]:
        """Of `ports`."""
        return _ports(self.ports)


@lru_cache(maxsize=8)
def _ports(written: tuple[int | str, ...]) -> tuple[Ports, ...]:
    return tuple(Ports.parse(str(each)) for each in written)


@lru_cache(maxsize=8)
def _folders(binds: tuple[str, ...]) -> tuple[BindFolder, ...]:
    return tuple(sorted(map(_folder, binds), key=lambda folder: len(folder.path), reverse=True))


def _folder(written: str) -> BindFolder:
    path = written.removesuffix(":ro")
    plain = path.rstrip("/") or "/"
    if (
        str(PurePosixPath(plain)) != plain
        or not path.startswith("/")
        or path.startswith("//")
        or ".." in plain.split("/")
        or ":" in plain
    ):
        raise ValueError(f"binds lists whole paths, as /srv/shop or /var/log:ro, not {written!r}")
    return BindFolder(plain, written.endswith(":ro"))
