"""Making a container: by the controls that judge files, and by what only the engine's API can say."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from ...errors import UnreadableInput
from ...model.edge_network import EDGE_PROJECT
from ...model.labels import COMPOSE_PROJECT, COMPOSE_REPLACE
from ...model.workload import Mount, MountKind, Unit
from ...readers.api_object import ApiObject
from ...readers.create_request import read_create_document, read_document
from ...readers.engine_context import EngineContext
from ..bounds import check_bounds, check_size
from ..decision import Refusal, refused
from ..edge_record import checks_settings, is_made_of, reads_its_settings
from ..floor.container_values import refused_values
from ..floor.cost import memory_of_host, refused_cost, refused_memory_volume
from ..floor.journal_fields import refused_journal_fields
from ..floor.mounts import (
    refused_device_rules,
    refused_devices,
    refused_mounts,
    refused_volume,
    refused_words,
    writable_after_all,
)
from ..parallel import look_up
from ..request import NotCanonical
from ..rights.projects import project_of
from ..routes.builder import is_builder
from ..volume_nodes import paths_of, volumes_of
from .case import Case
from .edge_names import refused_edge_name
from .edge_secrets import EDGE_RULE
from .existing import EDGE_TITLE, judge_existing, mounts_of, refused_image, refused_volume_nodes, with_volumes_of
from .host_mounts import (
    host_mounts,
    is_recursive,
    looked_at,
    not_refused,
    refused_beside_others,
    refused_ways_in,
)
from .images import buildkit
from .naming import refused_name
from .networks import refused_edge, refused_network
from .published_ports import refused_ports_of_container

_ID = re.compile(r"[0-9a-f]{64}")
_JUDGED_APART = frozenset(("mounts", "namespaces", "devices"))
_JOINED = (("HostConfig", "NetworkMode"), ("HostConfig", "PidMode"), ("HostConfig", "IpcMode"))


async def create(case: Case) -> AsyncIterator[Refusal]:
    """`POST /containers/create`."""
    request = _document(case)
    host = request.at("HostConfig")
    if is_builder(request.word("Image")):
        async for refusal in buildkit(case):
            yield refusal
    context = await case.world.context()
    volumes = await _volumes(case, request)
    unit = _unit(case, request, structs.replace(context, volumes=volumes))
    for refusal in refused_values(
        host,
        case.policy.guard,
        no_new_privileges="no-new-privileges" in (context.features or ()),
        default_runtime=context.default_runtime,
    ):
        yield refusal
    logs = host.at("LogConfig")
    for refusal in refused_journal_fields(logs.word("Type") or context.log_driver, logs.words("Config")):
        yield refusal
    image = await case.world.image(request.word("Image"))
    for refusal in refused_cost(request, host, memory_of_host(), image):
        yield refusal
    async for refusal in refused_name(case, case.call.query.get("name", "").lstrip("/")):
        yield refusal
    async for refusal in _what_it_joins(case, request):
        yield refusal
    container, is_labelled = unit.containers[0], request.words("Labels").get(COMPOSE_PROJECT) == EDGE_PROJECT
    specs = await case.world.edge_specs() if is_labelled or checks_settings(request) else ()
    is_edge = is_labelled and any(is_made_of(request, container, spec) for spec in specs)
    async for refusal in _networks(case, request, is_edge=is_edge):
        yield refusal
    async for refusal in refused_ports_of_container(case, host, is_edge=is_edge):
        yield refusal
    is_roots = is_edge or any(reads_its_settings(request, container, spec) for spec in specs)
    if not is_roots:
        labelled = request.words("Labels").get(COMPOSE_PROJECT, "")
        for refusal in refused_edge_name(case.call.query.get("name", "").lstrip("/"), labelled):
            yield refusal
    lent = await _lent(case, request)
    async for refusal in _mounts(case, request, unit, lent, volumes, is_edge=is_roots):
        yield refusal
    if image is not None:
        async for refusal in refused_image(case, image, userns=host.word("UsernsMode")):
            yield refusal
    there = paths_of({name: ApiObject(volume, "GET /volumes") for name, volume in volumes.items()})
    for lender, _ in lent:
        there |= volumes_of(lender)
    async for refusal in refused_volume_nodes(case, there, userns=host.word("UsernsMode")):
        yield refusal
    for refusal in case.policy.refused_new(with_volumes_of(image, unit)):
        yield refusal


def _document(case: Case) -> ApiObject:
    check_size(case.call.body)
    try:
        document = read_document(case.call.body)
    except UnreadableInput as error:
        raise NotCanonical(error.says) from None
    check_bounds(document.data)
    return document


def _unit(case: Case, request: ApiObject, context: EngineContext) -> Unit:
    """What other containers lend, or share, is judged with them, and devices that are asked for by their kind are
    refused, so that neither is a gap here."""
    unit = read_create_document(
        request, name=case.call.query.get("name", ""), context=context, api_version=case.call.version
    )
    container = unit.containers[0]
    unclear = {part: gap for part, gap in container.unclear.items() if part not in _JUDGED_APART}
    return structs.replace(unit, containers=(structs.replace(container, unclear=unclear),))


async def _volumes(case: Case, request: ApiObject) -> dict[str, dict[str, Any]]:
    """Those that are there already under a name of the request: they stay what they are."""
    host = request.at("HostConfig")
    names = {text.partition(":")[0] for text in host.at("Binds").data or () if ":" in text}
    names |= {item.word("Source") for item in host.items("Mounts") if item.word("Type") == MountKind.VOLUME}
    wanted = sorted(name for name in names if name and not name.startswith(("/", ".", "~")))
    found = await look_up(case.world.volume, wanted)
    return {name: dict(volume) for name, volume in zip(wanted, found, strict=True) if volume is not None}


_Lent = Sequence[tuple[Mapping[str, Any], tuple[Mount, ...]]]
"""Containers as `GET /containers/{id}/json` shows them, each with what it lends."""


async def _mounts(
    case: Case, request: ApiObject, unit: Unit, lent: _Lent, volumes: Mapping[str, Mapping[str, Any]], *, is_edge: bool
) -> AsyncIterator[Refusal]:
    """A volume is judged as it is, and as the request would make it: between our look and its start it may go. What the
    edge mounts root wrote, so that no policy need list it."""
    policy, host = case.policy.guard, request.at("HostConfig")
    container = unit.containers[0]
    items = tuple(host.items("Mounts"))
    rules = host.at("DeviceCgroupRules").data or ()
    numbers_of = await case.world.device_numbers(each for each in policy.devices if rules and each.startswith("/"))
    for refusal in (
        *refused_words(items),
        *refused_devices(container.devices, policy),
        *refused_device_rules(rules, policy, numbers_of),
    ):
        yield refusal
    mounts = (*container.mounts, *(mount for _, each in lent for mount in each))
    there = {name: ApiObject(volume, "GET /volumes") for name, volume in volumes.items()}
    configs = [(item, item.at("VolumeOptions", "DriverConfig")) for item in items]
    options = [*(each.words("Options") for each in there.values()), *(each.words("Options") for _, each in configs)]
    files = await looked_at(case, mounts, options)
    open_below = writable_after_all(mounts, files, recursive=await is_recursive(case))
    judged = () if is_edge else mounts
    for refusal in refused_mounts(judged, policy, files, {**open_below, **_relabelled(host)}):
        yield refusal
    for name, volume in there.items():
        for refusal in refused_volume(name, volume.word("Driver"), volume.words("Options"), policy, files):
            yield refusal
        for refusal in refused_memory_volume(name, volume.words("Options"), memory_of_host()):
            yield refusal
    for item, config in configs:
        if item.word("Type") == MountKind.VOLUME or config.data:
            asked = config.words("Options")
            for refusal in refused_volume(item.word("Source"), config.word("Name"), asked, policy, files):
                yield refusal
    of_host = tuple(host_mounts(not_refused(mounts, policy), "this container", files, open_below))
    async for refusal in refused_ways_in(case, of_host, listed=True):
        yield refusal
    async for refusal in refused_beside_others(case, of_host, but=await _replaced(case, request)):
        yield refusal


def _relabelled(host: ApiObject) -> dict[str, str]:
    """Targets of binds with `z` or `Z`: the engine writes labels on the host's files, also where it mounts them to be
    read."""
    parts = (text.split(":") for text in host.at("Binds").data or ())
    return {part[1]: "z and Z change the labels of its files" for part in parts if len(part) > 2 and _labels(part[2])}


def _labels(modes: str) -> bool:
    return bool({"z", "Z"} & set(modes.split(",")))


async def _lent(case: Case, request: ApiObject) -> _Lent:
    """What the container takes from others by `VolumesFrom`: never more than those have."""

    async def lent(text: str) -> tuple[Mapping[str, Any], tuple[Mount, ...]]:
        reference, _, modes = text.partition(":")
        lender = await case.world.container(reference) or {}
        mounts = await mounts_of(case, lender) if lender else ()
        is_read = "ro" in modes.split(",")
        return lender, tuple(structs.replace(each, read_only=each.read_only or is_read) for each in mounts)

    return await look_up(lent, request.at("HostConfig", "VolumesFrom").data or ())


async def _replaced(case: Case, request: ApiObject) -> tuple[str, ...]:
    """The container whose place this one takes, as Compose says: it is gone when this one starts, and is looked for
    then."""
    id = request.words("Labels").get(COMPOSE_REPLACE, "")
    replaced = await case.world.container(id) if _ID.fullmatch(id) else None
    is_ours = replaced is not None and project_of(replaced.get("Config")) == project_of(request.data)
    return (id,) if is_ours else ()


async def _what_it_joins(case: Case, request: ApiObject) -> AsyncIterator[Refusal]:
    """Namespaces and volumes of other containers: whoever is in them is as powerful as those are."""
    references = _lenders(request)
    for path in _JOINED:
        kind, colon, reference = request.word(*path).partition(":")
        if colon and kind == "container":
            references.append(reference)
        elif colon:
            yield refused(
                "guard/namespaces", "Namespaces are private, or another container's", f"{path[-1]} is {kind}:…"
            )
    for reference in dict.fromkeys(references):
        if await _is_edge(case, reference):
            yield refused(
                EDGE_RULE,
                EDGE_TITLE,
                f"container {reference} is the edge itself: who shares its network or folders has everybody's requests",
            )
        async for refusal in judge_existing(case, reference, why="whose namespaces or volumes it would share"):
            yield refusal
    async for refusal in _network_of_nobody(case, request):
        yield refusal


def _lenders(request: ApiObject) -> list[str]:
    """The containers whose volumes and binds it would have, too."""
    return [text.partition(":")[0] for text in request.at("HostConfig", "VolumesFrom").data or ()]


async def _is_edge(case: Case, reference: str) -> bool:
    found = ApiObject(await case.world.container(reference), "GET /containers/{id}/json")
    return found.words("Config", "Labels").get(COMPOSE_PROJECT) == EDGE_PROJECT


async def _network_of_nobody(case: Case, request: ApiObject) -> AsyncIterator[Refusal]:
    """The engine keeps the id of a container that is joined, and where there is none the name: later, at a start that
    nobody is asked about, that may be another's. Where it is for processes or IPC it refuses that itself."""
    kind, _, reference = request.word("HostConfig", "NetworkMode").partition(":")
    if kind == "container" and reference and case.world.is_seen and await case.world.container(reference) is None:
        yield refused(
            "guard/namespaces",
            "Namespaces are private, or another container's",
            f"container {reference}, whose network it would share, is not there, and could be any other one later",
            "make that one first",
        )


async def _networks(case: Case, request: ApiObject, *, is_edge: bool) -> AsyncIterator[Refusal]:
    mode = request.word("HostConfig", "NetworkMode")
    names = {mode} - {"host"} if ":" not in mode else set()  # the word alone is a control's matter
    for name, endpoint in request.entries("NetworkingConfig", "EndpointsConfig"):
        names |= {name, endpoint.word("NetworkID")}
        if endpoint.at("DriverOpts").data:
            yield refused(
                "guard/endpoint-options", "Endpoints take no driver options", f"network {name} is joined with some"
            )
    for name in sorted(names):
        async for refusal in refused_network(case, name):
            yield refusal
        if not is_edge:
            async for refusal in refused_edge(case, name):
                yield refusal


JUDGES = {"create": create}
