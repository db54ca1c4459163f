"""Where a request sends the engine: registries by the names of images, by a search, by a login, by a push.

The engine connects as the host: an address of the host's own, of its containers, or of its cloud, would lead to what
no container reaches, and the answer comes back in an error. Sources: distribution/reference, splitDockerDomain; Engine
26.1, registry/search.go, splitReposSearchTerm, and registry/service.go, Auth.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from fnmatch import fnmatchcase

from ...model.host_addresses import address_of, is_this_host
from ...readers.create_request.keys import TEXT
from ..decision import Refusal, refused
from .case import Case

_TITLE = "The engine is sent to registries only"
_LOGIN = dict.fromkeys(
    ("username", "password", "auth", "email", "serveraddress", "identitytoken", "registrytoken"), TEXT
)
_SERVER = re.compile(r"(?:https?://)?(?P<host>[A-Za-z0-9_.:\[\]-]+)(?:/[A-Za-z0-9_.~/-]*)?")
_HUB = "docker.io"
_HUB_TOO = ("", "index.docker.io", "registry-1.docker.io")
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
_PORT = re.compile(r":[0-9]*$")
_CLOUDS = ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe")
_CLOUDS_NAMES = ("metadata.google.internal", "metadata.goog", "metadata")
"""Metadata services of clouds, beside 169.254.169.254: Alibaba, Azure, AWS, Google, Oracle."""


def host_in(name: str) -> str:
    """`registry:5000` of `registry:5000/shop`; empty for what is Docker Hub's."""
    first, slash, _ = name.partition("/")
    is_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    return first if slash and is_host else ""


def registry_host(image: str) -> str:
    """In small letters, with its port; `docker.io` for what names none."""
    host = host_in(image).lower()
    return _HUB if host in _HUB_TOO else host


def refused_registry(case: Case, host: str) -> Iterator[Refusal]:
    """`host` as a client wrote it, with its port; empty is Docker Hub. Where the policy lists registries, these are
    all; else every one that is no address of the host itself or of its link."""
    known = case.policy.guard.registries
    host = _HUB if host.lower() in _HUB_TOO else host.lower()
    if not _HOST.fullmatch(host):
        yield refused("guard/registries", _TITLE, "what is named is no registry's host", "HOST, or HOST:PORT")
        return
    if any(fnmatchcase(host, one.lower().replace("[", "[[]")) for one in known):
        return
    if known:
        says = f"{host} is not one of guard.registries"
    else:
        says = of_host(host, case.world.names_of_host(), case.world.what_of_host)
    if says:
        yield refused("guard/registries", _TITLE, says, "let an admin list it under guard.registries")


def of_host(host: str, own: frozenset[str] = frozenset(), what: Callable[[str], str] = lambda address: "") -> str:
    """Why it is no registry but the host itself, its containers, or its link. `own` are other names of the host,
    `what` tells what of it an address is, or is empty."""
    name = _PORT.sub("", host) if not host.endswith("]") and (host.count(":") == 1 or "]" in host) else host
    name = name.strip("[]").partition("%")[0].rstrip(".")
    if name in own or is_this_host(name):
        return f"{host} is the host itself"
    address = address_of(name)
    if name in _CLOUDS_NAMES or str(address) in _CLOUDS:
        return f"{host} is a metadata service of a cloud, which gives out the credentials of its machines"
    if address is None:
        return ""
    if address.is_link_local or address.is_multicast:
        return f"{host} is an address of the host's link"
    known = what(str(address))
    return f"{host} is {known}" if known else ""


async def distribution(case: Case) -> AsyncIterator[Refusal]:
    for refusal in refused_registry(case, host_in(case.call.names["image"])):
        yield refusal


async def search(case: Case) -> AsyncIterator[Refusal]:
    for refusal in refused_registry(case, host_in(case.call.query.get("term", ""))):
        yield refusal


async def registry_login(case: Case) -> AsyncIterator[Refusal]:
    """The engine shows a login's body to no plugin: there, none is seen."""
    address = case.body(dict(_LOGIN)).get("serveraddress") if case.call.body else ""
    if not address:
        return
    match = _SERVER.fullmatch(address) if isinstance(address, str) else None
    if match is None:
        yield refused("guard/registries", _TITLE, "serveraddress is no registry's", "https://HOST, or HOST:PORT")
        return
    for refusal in refused_registry(case, match["host"]):
        yield refusal


JUDGES = {"distribution": distribution, "search": search, "push": distribution, "registry_login": registry_login}
