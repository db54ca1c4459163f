"""Services of a swarm: the engine starts their tasks without asking, so all is judged when the service is written."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from ...model.engine_builtins import LOG_DRIVERS
from ...model.image_names import in_full, repository_of
from ...model.volume_options import bound_path
from ...model.workload import Mount, MountKind
from ...readers.api_object import ApiObject
from ...readers.service import read_service
from ...readers.service.keys import SERVICE
from ..bounds import check_bounds
from ..decision import Refusal, refused
from ..floor.container_values import LABEL_TYPES, refused_log_options
from ..floor.cost import memory_of_host, refused_cost, refused_memory_volume, refused_ports
from ..floor.engine_crash import refused_config_without_file
from ..floor.expanded import MOST_IN_A_SERVICE, TASK_FIELDS, templates_of_tasks
from ..floor.journal_fields import refused_journal_fields
from ..floor.mounts import refused_mounts, refused_volume, refused_words, writable_after_all
from ..parallel import look_up
from ..volume_nodes import paths_of
from .case import Case
from .edge_secrets import refused_reader, refused_secrets_of_service
from .existing import refused_image, refused_volume_nodes, with_files_of, with_volumes_of
from .host_mounts import (
    host_mounts,
    is_recursive,
    looked_at,
    not_refused,
    refused_beside_others,
    refused_ways_in,
)
from .kept_logins import refused_login_of
from .naming import refused_name
from .networks import refused_edge, refused_network
from .published_ports import refused_ports_of_service
from .registries import host_in, refused_registry

_ID = re.compile(r"sha256:[0-9a-f]{64}")
_ONE_IMAGE = "Services run the image that was judged"


async def service_create(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in _judge(case, case.body(SERVICE)):
        yield refusal
    name = ApiObject(case.body(SERVICE), "").word("Name")
    for refusal in refused_reader(name):
        yield refusal
    async for refusal in refused_name(case, name, "service"):
        yield refusal


async def service_update(case: Case) -> AsyncIterator[Refusal]:
    """With `rollback=previous` the engine takes the spec that it had before, which may be older than the guard."""
    asked = case.body(SERVICE)  # before anything is looked up: it may ask for more than can be judged
    found = await case.world.service(case.call.names["object"])
    service = ApiObject(found, "GET /services/{id}")
    for refusal in refused_reader(service.word("Spec", "Name")):
        yield refusal
    runs = service.word("Spec", "TaskTemplate", "ContainerSpec", "Image")
    now = service.at("Spec").data
    async for refusal in _judge(case, asked, runs=runs, now=now):
        yield refusal
    for refusal in refused_login_of(case.call, service) if found is not None else ():
        yield refusal
    previous = service.at("PreviousSpec").data if case.call.query.get("rollback") else None
    if isinstance(previous, dict):
        check_bounds(previous)
        async for refusal in _judge(case, previous, runs=runs, now=now, was_judged=True):
            yield refusal


async def _judge(
    case: Case,
    spec: Mapping[str, Any],
    *,
    runs: str = "",
    now: Mapping[str, Any] | None = None,
    was_judged: bool = False,
) -> AsyncIterator[Refusal]:
    """`runs`: the image that the service has already, as it names it; `now`: its spec; `was_judged`: the one that is
    judged was so when it was written, so that its image need not be here any more."""
    found = ApiObject(spec, "POST /services/create")
    task = found.at("TaskTemplate")
    run = task.at("ContainerSpec")
    name = run.word("Image")
    registry = () if _ID.fullmatch(name) else refused_registry(case, host_in(name))  # nodes pull none by its id
    words = (*refused_words(run.items("Mounts")), *_templates(run))
    image = await case.world.image(name)
    ports = refused_ports(len(tuple(found.items("EndpointSpec", "Ports"))))
    cost = (*refused_cost(run, run, memory_of_host(), image), *ports)
    values = (*_values(case, task, run), *refused_config_without_file(run))
    for refusal in (*_kind(task), *words, *values, *cost, *registry):
        yield refusal
    async for refusal in _networks(case, found):
        yield refusal
    async for refusal in refused_ports_of_service(case, found, now):
        yield refusal
    async for refusal in refused_secrets_of_service(case, run):
        yield refusal
    context = await case.world.context()
    logs = task.at("LogDriver")
    for refusal in refused_journal_fields(logs.word("Name") or context.log_driver, logs.words("Options")):
        yield refusal
    unit = read_service({"Spec": dict(spec)}, context)
    async for refusal in _mounts(case, run, unit.containers[0].mounts):
        yield refusal
    if case.world.is_seen and name != runs:  # what a service runs already stays
        for refusal in _another_image(name, image, was_judged=was_judged):
            yield refusal
    if image is not None:
        async for refusal in refused_image(case, image):
            yield refusal
    for refusal in case.policy.refused_new(with_files_of(run, with_volumes_of(image, unit))):
        yield refusal


def _another_image(name: str, image: Mapping[str, Any] | None, *, was_judged: bool) -> Iterator[Refusal]:
    """The swarm looks a name up once more, on each node and at each start, also the name of an image that was made
    here: it pulls what a registry has under it. By its digest or id an image is the same everywhere; nodes pull none by
    an id. Source: moby daemon/cluster/executor/container/adapter.go, pullImage.
    """
    is_exact = bool(_ID.fullmatch(name)) or "@sha256:" in name
    if not name or (is_exact and (image is not None or was_judged)):
        return
    if image is None:
        says = f"the swarm would pull {name}, and nobody has looked at it: it is not on this node"
        remedy = (
            f"docker pull {name.partition('@')[0]} here, and name it with the digest that this tells (NAME@sha256:…)"
        )
    else:
        says = f"each node looks {name} up again at each start, and may find another image"
        remedy = f"name what it is here: {_exactly(name, image)}"
    yield refused("guard/image-moved", _ONE_IMAGE, says, remedy)


def _exactly(name: str, image: Mapping[str, Any]) -> str:
    """By the digest of its own repository; an image that no registry has is named by its id."""
    repository = repository_of(in_full(name))
    digests = (str(each) for each in image.get("RepoDigests") or ())
    return next((each for each in digests if repository_of(in_full(each)) == repository), str(image.get("Id", "")))


def _kind(task: ApiObject) -> Iterator[Refusal]:
    for part in ("PluginSpec", "NetworkAttachmentSpec"):
        if task.at(part).data is not None:
            yield refused("guard/service-kind", "A service runs containers", f"it has a {part}")
    if task.word("Runtime") not in ("", "container"):
        yield refused("guard/service-kind", "A service runs containers", f"its Runtime is {task.word('Runtime')}")


def _templates(run: ApiObject) -> Iterator[Refusal]:
    """The swarm fills them in when a task starts, in all texts of a mount, in the hostname and in the environment: the
    last two are the container's own, and may hold plain fields. Source: swarmkit, template/expand.go."""
    for mount in run.items("Mounts"):
        if any("{{" in text for text in _texts(mount.data)):
            yield refused(
                "guard/templating",
                "What a service mounts is known before its tasks start",
                f"{mount.path} holds a template, which could become any path",
                "name it in full; the hostname and the environment may hold templates",
            )
    texts = [run.word("Hostname"), *(str(text) for text in run.at("Env").data or ())]
    found = [templates_of_tasks(text) for text in texts if "{{" in text]
    strange = next((strange for _, strange in found if strange), "")
    number = sum(count for count, _ in found)
    if strange or number > MOST_IN_A_SERVICE:
        yield refused(
            "guard/templating",
            "Templates of a service are plain fields",
            f"its hostname or environment holds {strange!r}"
            if strange
            else f"its hostname and environment hold {number} templates, more than {MOST_IN_A_SERVICE}",
            f"{TASK_FIELDS} pass; what is meant for the program is written {{{{`…`}}}}",
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


async def _mounts(case: Case, run: ApiObject, mounts: Sequence[Mount]) -> AsyncIterator[Refusal]:
    policy = case.policy.guard
    holder = "a service that is being made"
    named = [mount for mount in mounts if mount.source and mount.kind is MountKind.VOLUME]
    found = await look_up(case.world.volume, (mount.source for mount in named))
    volumes = [(mount, ApiObject(volume, "GET /volumes")) for mount, volume in zip(named, found, strict=True) if volume]
    there = [_as_it_is(mount, volume) for mount, volume in volumes]
    host = await looked_at(case, (*mounts, *there), (volume.words("Options") for _, volume in volumes))
    open_below = writable_after_all(mounts, host, recursive=await is_recursive(case))
    for refusal in refused_mounts(mounts, policy, host, open_below):
        yield refusal
    for mount, volume in volumes:
        driver, options = volume.word("Driver"), volume.words("Options")
        for refusal in refused_volume(mount.source, driver, options, policy, host):
            yield refusal
        for refusal in refused_memory_volume(mount.source, options, memory_of_host()):
            yield refusal
    async for refusal in refused_volume_nodes(case, paths_of({mount.source: volume for mount, volume in volumes})):
        yield refusal
    asked = tuple(host_mounts(not_refused((*mounts, *there), policy), holder, host, open_below))
    async for refusal in refused_ways_in(case, asked, listed=True):
        yield refusal
    async for refusal in refused_beside_others(case, asked, unasked=True):
        yield refusal


def _as_it_is(mount: Mount, volume: ApiObject) -> Mount:
    """A volume that is there stays what it is, whatever the service says of it."""
    return structs.replace(mount, host_path=bound_path("", volume.words("Options")), driver=volume.word("Driver"))


def _values(case: Case, task: ApiObject, run: ApiObject) -> Iterator[Refusal]:
    privileges = run.at("Privileges")
    if privileges.at("CredentialSpec").data is not None:
        yield refused("guard/security-options", "Security profiles are the engine's own", "it has a CredentialSpec")
    if privileges.word("Seccomp", "Mode") not in ("", "default", "unconfined"):
        yield refused("guard/security-options", "Security profiles are the engine's own", "it brings a seccomp profile")
    labels = privileges.at("SELinuxContext")
    if labels.at("Disable").data or labels.word("User") or labels.word("Role"):
        yield refused("guard/security-options", "Security profiles are the engine's own", "it changes SELinux's labels")
    elif labels.word("Type") not in ("", *LABEL_TYPES):
        yield refused("guard/security-options", "Security profiles are the engine's own", "it has a type of SELinux's")
    driver = task.word("LogDriver", "Name")
    yield from refused_log_options(driver, task.words("LogDriver", "Options"))
    if driver not in (*LOG_DRIVERS, *case.policy.guard.log_drivers):
        yield refused("guard/log-driver", "Logs go to a driver that the policy names", f"its log driver is {driver}")
    if run.word("Isolation") not in ("", "default"):
        yield refused("guard/isolation", "Isolation is the platform's default", f"Isolation is {run.word('Isolation')}")


async def _networks(case: Case, spec: ApiObject) -> AsyncIterator[Refusal]:
    for part in (spec.at("TaskTemplate"), spec):
        for joined in part.items("Networks"):
            if joined.at("DriverOpts").data:
                yield refused("guard/endpoint-options", "Endpoints take no driver options", joined.word("Target"))
            async for refusal in refused_network(case, joined.word("Target")):
                yield refusal
            aliases = [str(each) for each in joined.at("Aliases").data or ()]
            async for refusal in refused_edge(case, joined.word("Target"), aliases=aliases):
                yield refusal


JUDGES = {"service_create": service_create, "service_update": service_update}
