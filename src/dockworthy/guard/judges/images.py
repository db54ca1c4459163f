"""Images: pulled, loaded, tagged, built."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from fnmatch import fnmatchcase
from typing import Any

from msgspec import structs

from ...controls.workload import build_grants
from ...errors import UnreadableInput
from ...model.image_names import in_full, in_short, spellings
from ...readers.create_request import read_create_document, read_document
from ...readers.create_request.strict_json import parse
from ..decision import Refusal, refused
from ..floor.cost import memory_of_host, refused_cost
from ..request import NotCanonical
from ..routes.builder import asks_for_builder
from .case import Case
from .registries import host_in, refused_registry

_NETWORKS = ("", "default", "bridge", "none")
_OF_STEPS = ("workload/priority", "workload/ulimits")
_SIZE = re.compile(r"\d{1,19}", re.ASCII)
_NAMES = "Names of images that the policy owns are given by admins"
_HERE = "Images are built where containers do not run in production"


async def pull(case: Case) -> AsyncIterator[Refusal]:
    """`POST /images/create`: from a registry, or from what the client sends (`-`)."""
    query = case.call.query
    if query.get("fromSrc", "-") not in ("", "-"):
        yield refused(
            "guard/import-address",
            "The engine fetches no address that a client names",
            "fromSrc names one",
            "send the archive: docker import - NAME",
        )
    for refusal in refused_registry(case, host_in(query.get("fromImage", ""))):
        yield refusal
    if not query.get("fromImage"):  # then it imports, whatever else is named
        for refusal in _imported(case):
            yield refusal
        for refusal in _owned(case, query.get("repo", ""), query.get("tag", "")):
            yield refusal
    if asks_for_builder(case.call):
        async for refusal in buildkit(case):
            yield refusal


def _imported(case: Case) -> list[Refusal]:
    """An archive is shown to no plugin, nor is a form in its place, which could name an address or another image."""
    if case.policy.guard.builds:
        return []
    return [refused("guard/builds", _HERE, "guard.builds is off, and to import makes an image, too", "push, and pull")]


async def tag(case: Case) -> AsyncIterator[Refusal]:
    for refusal in _owned(case, case.call.query.get("repo", ""), case.call.query.get("tag", "")):
        yield refusal


async def load(case: Case) -> AsyncIterator[Refusal]:
    """Which names an archive brings is not shown to a plugin."""
    if case.policy.guard.own_images:
        yield refused("guard/image-names", _NAMES, "an archive may bring any name", "push to the registry, and pull")


async def build(case: Case) -> AsyncIterator[Refusal]:
    """The classic builder; BuildKit's way, version 2, is a session of its own."""
    query = case.call.query
    if not case.policy.guard.builds:
        yield refused("guard/builds", _HERE, "guard.builds is off", "build elsewhere, and deploy by digest")
    if query.get("version", "1") not in ("", "1"):
        async for refusal in buildkit(case):
            yield refusal
    if query.get("networkmode", "") not in _NETWORKS:
        yield refused(
            "workload/build-grants",
            build_grants.control.title,
            f"the build would run in network {query['networkmode']}",
            "leave --network out",
        )
    for name in ("cgroupparent", "securityopt", "isolation", "remote"):
        if query.get(name, "") not in ("", "[]", "null", "default", "client-session"):
            yield refused("guard/build-options", "A build changes nothing of its sandbox", f"{name} is given")
    async for refusal in _what_steps_take(case):
        yield refusal
    for name in case.call.values.get("t", ()):
        for refusal in _owned(case, name):
            yield refusal


async def _what_steps_take(case: Case) -> AsyncIterator[Refusal]:
    """A step is a container of the engine's: what a request for one may not ask, a build may not either."""
    query = case.call.query
    size, written = query.get("shmsize", ""), query.get("ulimits", "")
    if size and not _SIZE.fullmatch(size):
        raise NotCanonical(f"shmsize {size[:40]!r} is no number of bytes")
    host: dict[str, Any] = {"ShmSize": int(size or 0), "Ulimits": []}
    if written:
        try:
            host["Ulimits"] = parse(written.encode(), "build: ulimits")
        except UnreadableInput as error:
            raise NotCanonical(error.says) from None
    try:
        asked = read_document(json.dumps({"Image": "a step", "HostConfig": host}).encode())
    except UnreadableInput as error:
        raise NotCanonical(error.says) from None
    for refusal in refused_cost(asked, asked.at("HostConfig"), memory_of_host()):
        yield refusal
    unit = read_create_document(asked, name="build", context=await case.world.context(), api_version=None)
    for refusal in case.policy.refused_new(unit):
        if refusal.rule in _OF_STEPS:
            yield structs.replace(refusal, says=f"the build's steps: {refusal.says}")


async def buildkit(case: Case) -> AsyncIterator[Refusal]:
    """What BuildKit builds is shown to nobody: it is allowed where the engine itself forbids it the host's network."""
    if not case.policy.guard.builds:
        yield refused("guard/builds", _HERE, "guard.builds is off", "build elsewhere, and deploy by digest")
    elif not await case.world.builds_are_confined():
        yield refused(
            "guard/builds",
            "BuildKit builds without the host's network",
            "the engine was not started with that, and what BuildKit is asked for can't be seen",
            "ask root for `dockworthy guard install --confine-builds`, which sets builder.entitlements in daemon.json "
            "and restarts the engine; or build with DOCKER_BUILDKIT=0, which can be judged",
        )
    elif case.policy.guard.own_images:
        yield refused("guard/image-names", _NAMES, "BuildKit may give any name", "build elsewhere, push, and pull")


def _owned(case: Case, name: str, tag: str = "") -> list[Refusal]:
    """`tag`: where a request names it apart. An image is of a pattern in whatever way both are written."""
    if not name:
        return []
    spelt = {each.casefold() for each in spellings(name, tag)}
    for pattern in case.policy.guard.own_images:
        written = {pattern.casefold(), in_full(pattern).casefold(), in_short(pattern).casefold()}
        if any(fnmatchcase(each, one) for each in spelt for one in written):
            shown = f"{name}:{tag}" if tag else name
            return [
                refused("guard/image-names", _NAMES, f"{shown} is one of {pattern}", "push to the registry, and pull")
            ]
    return []


JUDGES = {"pull": pull, "tag": tag, "load": load, "build": build, "buildkit": buildkit}
