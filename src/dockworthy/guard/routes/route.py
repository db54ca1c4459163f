"""A route of the Engine API: an entry of the list of what may be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, StrEnum
from functools import cached_property

from msgspec import Struct


class Body(Enum):
    """What travels in the request's body. STREAM is what the engine shows to no plugin: archives and raw streams."""

    NONE = "none"
    JSON = "json"
    MAYBE_JSON = "maybe json"
    STREAM = "stream"


class Right(StrEnum):
    """What a person needs in order to send it; each role has some of them."""

    VIEW = "view"  # see what is there
    SECRETS = "secrets"  # see what may hold secrets: environments, files and memory of containers
    CREATE = "create"  # make, change and remove objects of one's own projects
    OPERATE = "operate"  # start, stop, restart, signal
    EXEC = "exec"  # run commands in containers, take part in their input
    REGISTRY = "registry"  # have the engine ask a registry: log in, search, look an image up
    BUILD = "build"  # build, load, tag and push images
    ADMIN = "admin"  # what reaches the engine or the host itself


class Route(Struct, frozen=True, kw_only=True, dict=True):
    """`path` names its parts in braces; `query` the names that the engine reads, `lists` those that may come
    several times, `truths` those that it reads as yes or no. `more`: what is needed instead of `right` where such a
    name says yes; `without`: the same where it is empty. `judge` is the name of the judge (judges/) that looks
    closer, empty where the route alone tells enough."""

    method: str
    path: str
    right: Right
    query: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    truths: frozenset[str] = frozenset()
    more: Mapping[str, Right] = {}
    without: Mapping[str, Right] = {}
    body: Body = Body.NONE
    judge: str = ""

    @cached_property
    def action(self) -> str:
        """`containers/create`, `containers/start`: the path without names."""
        return re.sub(r"/\{[a-z]+\}", "", self.path).strip("/") or "/"

    @cached_property
    def line(self) -> str:
        """`POST /containers/{container}/start`: what names this route among all."""
        return f"{self.method} {self.path}"


__all__ = ["Body", "Right", "Route"]
