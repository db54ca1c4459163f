"""What a call is about: each object that it names, makes or joins, with its project and image."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, structs

from ...model.image_names import names_registry
from ...model.network_names import (
    DEFAULT_BRIDGE,
    PREDEFINED,
    comparable,
    endpoint_names,
    is_address,
    networks_in,
    with_network,
    with_tasks,
)
from ...readers.api_object import ApiObject
from ..floor.expanded import MOST_IN_A_SERVICE, has_dots, may_become, possible_names
from ..judges.naming import BEGINNING, MIGHT_BE_AN_ID
from ..judges.networks import networks_of
from ..parallel import look_up
from ..request import NotThere, TooMuch
from ..request_body import read_body
from ..routes import Call
from ..routes.finding_route import says_yes
from .projects import project_of, project_of_service, projects_of
from .references import CLAIMING, ELSEWHERE, QUERIES, NetworkClaim, ObjectReference, claims_in, links_of, references_in

_SPECIES = {"services": "service", "tasks": "task", "secrets": "secret", "configs": "config", "nodes": "node"}
_MAKES = ("containers/create", "services/create", "services/update", "networks/create", "volumes/create",
          "secrets/create", "secrets/update", "configs/create", "configs/update")  # fmt: skip
_NAMING = frozenset(("containers/create", "containers/rename", "services/create", "networks/create", "volumes/create",
                     "secrets/create", "configs/create"))  # fmt: skip
STARTING = frozenset(("containers/start", "containers/restart"))
_WITH_IDS = frozenset(("network", "service", "secret", "config"))
_NAMELESS = re.compile(r"[0-9a-f]{64}")
"""What the engine calls a volume for which no name was given."""


class Objects(Protocol):
    """The engine's objects. Each method raises EngineError where the engine does not say."""

    async def found(self, kind: str, reference: str) -> Mapping[str, Any] | None:
        """The API's object, None where there is none."""

    async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
        """Ids of all containers that begin so."""

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        """The same of networks, services, secrets and configs (`kind`: in the singular)."""

    async def containers_with(self, **filters: str) -> Sequence[Mapping[str, Any]]:
        """The containers with this `network` or `volume`, running or not, as `GET /containers/json` lists them."""

    async def number_of(self, kind: str, project: str) -> int:
        """How many containers, volumes, networks, services, secrets or configs are labelled for the project."""

    async def networks(self) -> Sequence[Mapping[str, Any]]:
        """All networks, as `GET /networks` lists them."""

    async def is_at_registry(self, reference: str) -> bool:
        """Does the registry have that `repository@digest`? False also where it does not tell the engine so."""

    async def projects(self) -> frozenset[str]:
        """The projects that any labels here name."""

    async def nodes(self) -> Sequence[str]:
        """Host names of the swarm's nodes."""

    async def services(self) -> Sequence[Mapping[str, Any]]:
        """The services of the swarm; none where there is no swarm."""


class Touched(Struct, frozen=True, kw_only=True):
    """`image` is None where it has none. `joins`: it is another's that what is made would share. `id` is what pins an
    object that was named. `why` says which field of the request is about it; `makes`: the request makes it.
    `is_local`: an image that was made on this host, and came from no registry."""

    kind: str
    name: str
    project: str = ""
    image: str | None = None
    joins: bool = False
    id: str = ""
    why: str = ""
    makes: bool = False
    is_local: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


async def touched_by(call: Call, objects: Objects, *, neighbours: bool = True) -> list[Touched]:
    """`neighbours`: also those on the same networks whose names or addresses it would take. Raises NotThere for an
    object that is not there, and NotCanonical for a body that can't be read."""
    specs = await specs_of(call, objects)
    found = [each async for each in _named_by(call, specs, objects)]
    return [*found, *[each async for each in _taken(call, specs, objects)]] if neighbours else found


async def _named_by(call: Call, specs: Sequence[Any], objects: Objects) -> AsyncIterator[Touched]:
    for part, reference in call.names.items():
        kind = _SPECIES[call.route.path.split("/")[1]] if part == "object" else part
        if kind == "image":
            yield await _image(reference, objects)
        elif (touched := await _existing(kind, reference, objects)) is not None:
            yield touched
        else:  # it may come a moment later, and then be anybody's
            raise NotThere(kind, reference, 204 if _is_done(call) else 404)
    for parameter, kind in QUERIES.get(call.route.action, {}).items():
        for reference in call.values.get(parameter, ()) if kind != ELSEWHERE else ():
            if kind == "image":
                yield await _image(reference, objects)
            elif (touched := await _existing(kind, reference, objects)) is not None:
                yield structs.replace(touched, id="")
    if call.route.action in STARTING:
        async for touched in _joined_at_start(call.names["container"], objects):
            yield touched
    if call.route.action == "images/create":
        tag = call.query.get("tag", "")
        name = call.query.get("fromImage", "") or call.query.get("repo", "")
        yield Touched(kind="image", name=name, image=f"{name}:{tag}" if tag and ":" not in tag else name)
    for spec in specs:
        if call.route.action in _MAKES:
            made = _made(call, ApiObject(spec, call.route.action))
            yield made
            there = await _existing("volume", made.name, objects) if call.route.action == "volumes/create" else None
            if there is not None:  # the engine answers with it, and changes nothing
                yield there
        named = {(each.kind, each.name): each for each in references_in(call.route.action, spec)}
        for found in await look_up(lambda each: _referred(each, objects), named.values()):
            for touched in found:
                yield touched


async def specs_of(call: Call, objects: Objects) -> list[Any]:
    """The body, and with a rollback what the service was before. Raises NotCanonical."""
    if not call.body or call.route.method != "POST":
        return []
    specs = [read_body(call)]
    if call.route.action == "services/update" and call.query.get("rollback"):
        service = await objects.found("service", call.names["object"])
        specs += [previous] if (previous := (service or {}).get("PreviousSpec")) else []
    return specs


def _made(call: Call, body: ApiObject) -> Touched:
    kind = call.route.path.split("/")[1].removesuffix("s")
    image = body.word("Image") if kind == "container" else body.word("TaskTemplate", "ContainerSpec", "Image")
    name = call.query.get("name", "").lstrip("/") if kind == "container" else body.word("Name")
    project = project_of_service(body.data) if kind == "service" else project_of(body.data)
    has_image = kind in ("container", "service")
    return Touched(
        kind=kind, name=name or "without a name", project=project, image=image if has_image else None, makes=True
    )


def names_given(call: Call, touched: Iterable[Touched]) -> Iterator[str]:
    """Names that the request gives to something, so that whoever uses such a name later gets that."""
    if call.route.action == "containers/rename":
        yield call.query.get("name", "").lstrip("/")
    for each in touched:
        if each.makes and (call.route.action in _NAMING or each.why):
            yield each.name


async def _joined_at_start(reference: str, objects: Objects) -> AsyncIterator[Touched]:
    """The networks that a container's settings name: the engine looks them up at the first start. One that it was on
    already is not looked at again, as long as it is the same. And the containers that it is linked to on the default
    bridge: the engine looks those up by name each time that it starts itself."""
    container = await objects.found("container", reference)
    for name, id in networks_of(container or {}).items():
        for touched in await _might_be("network", name, objects):
            if not id or touched.id != id:
                yield structs.replace(
                    touched, id="", why="the container's settings name it, so that it would join it now"
                )
    for linked in links_of(container or {}):
        for touched in await _might_be("container", linked, objects):
            yield structs.replace(
                touched, id="", why="the container is linked to it, so that it would get its environment variables"
            )


async def _referred(reference: ObjectReference, objects: Objects) -> list[Touched]:
    """The object that a field names, and those that the engine could take for it."""
    if reference.kind == "image":
        return await _made_image(reference, objects)
    found = await _might_be(reference.kind, reference.name, objects) if reference.name else []
    if not found and reference.is_needed:
        raise NotThere(reference.kind, reference.name)
    if not found and reference.makes:
        project = project_of({"Labels": reference.labels})
        made = Touched(kind=reference.kind, name=reference.name or "without a name", project=project, makes=True)
        return [structs.replace(made, why=f"{reference.field} makes it")]
    return [structs.replace(each, joins=reference.joins, why=reference.field, id="") for each in found]


async def _might_be(kind: str, name: str, objects: Objects) -> list[Touched]:
    """Where no object has the name when the engine looks, the engine takes one whose id begins with it."""
    found = await _existing(kind, name, objects)
    ids: tuple[str, ...] = ()
    if kind == "container" and BEGINNING.fullmatch(name):
        ids = await objects.containers_beginning(name)
    elif kind in _WITH_IDS and MIGHT_BE_AN_ID.fullmatch(name):
        ids = await objects.ids_beginning(kind, name)
    others = [await _existing(kind, id, objects) for id in ids if found is None or id != found.id]
    return [each for each in (found, *others) if each is not None]


async def _made_image(reference: ObjectReference, objects: Objects) -> list[Touched]:
    """An image that was made on this host (`docker commit`, `compose build`) for a project holds what its containers
    hold. One that came from a registry, or went to one, is no project's: everybody may pull it."""
    image = await _image(reference.name, objects)
    made = Touched(kind="local image", name=reference.name, project=image.project, why=reference.field)
    return [made] if image.project else []


async def _image(reference: str, objects: Objects) -> Touched:
    found = await objects.found("image", reference)
    return image_found(reference, found, (found or {}).get("Config"))


def image_found(name: str, found: Mapping[str, Any] | None, labelled: Any) -> Touched:
    """An image as an inspect, or a list, has it (`found`); None for one that is not here. `labelled`: what of it holds
    the labels. One that is labelled for several projects belongs to none of them, and is not everybody's either."""
    digests = [str(each) for each in (found or {}).get("RepoDigests") or () if not str(each).startswith("<none>")]
    if found is not None and all(each.rpartition("@")[2] == found.get("Id") for each in digests):
        # In containerd's store the id is the digest, and every name has it: only a registry in the name says something.
        digests = [each for each in digests if names_registry(each)]
    is_local = found is not None and not digests
    project = " and ".join(sorted(projects_of(labelled))) if is_local else ""
    return Touched(kind="image", name=name, image=name, project=project, is_local=is_local)


async def _taken(call: Call, specs: Sequence[Any], objects: Objects) -> AsyncIterator[Touched]:
    """Containers and services of others that have a name or an address which this one would take: who asks for them on
    a network that both are on would reach this one."""
    if call.route.action == "containers/rename":
        container = await objects.found("container", call.names["container"]) or {}
        claims = [NetworkClaim(call.query.get("name", "").lstrip("/"), "name")]
        networks = [str(each.get("NetworkID") or name) for name, each in _endpoints(container).items()]
        async for touched in _colliding(claims, networks, project_of(container.get("Config")), objects):
            yield touched
        return
    for spec in specs if call.route.action in CLAIMING else ():
        claims = list(claims_in(call.route.action, spec))
        if call.route.path.startswith("/services/"):
            nodes = await objects.nodes() if any(".Node.Hostname" in each.value for each in claims) else ()
            claims = [_filled_in(each, spec, nodes) for each in claims]
            claims += [NetworkClaim(f"tasks.{each.value}", each.field) for each in claims if not each.pieces]
        project = project_of_service(spec)  # of a container what its labels say
        networks = [each.name for each in references_in(call.route.action, spec) if each.kind == "network"]
        if call.route.action == "networks/connect":
            container = await objects.found("container", ApiObject(spec, "").word("Container")) or {}
            read = ApiObject(container, "")
            networks, project = [call.names["network"]], project_of(container.get("Config"))
            claims += [NetworkClaim(read.word("Name").lstrip("/"), "its name")]
            claims += [NetworkClaim(read.word("Config", "Hostname"), "Hostname")]
        elif call.route.action == "containers/create":
            async for touched in _on_default_bridge(spec, claims, project, objects):
                yield touched
            claims.append(NetworkClaim(call.query.get("name", "").lstrip("/"), "name"))
        async for touched in _colliding(claims, networks, project, objects):
            yield touched


async def _on_default_bridge(
    spec: Any, claims: Sequence[NetworkClaim], project: str, objects: Objects
) -> AsyncIterator[Touched]:
    """Everybody's network: it answers to no names, and brings what goes to a hardware address."""
    addresses = [claim for claim in claims if is_address(claim.value)]
    body = ApiObject(spec, "")
    named = {body.word("HostConfig", "NetworkMode"), *(body.at("NetworkingConfig", "EndpointsConfig").data or ())}
    if addresses and named & DEFAULT_BRIDGE:
        id = ApiObject(await objects.found("network", "bridge"), "").word("Id")
        async for touched in _colliding(addresses, [id] if id else [], project, objects):
            yield touched


async def _colliding(
    claims: Sequence[NetworkClaim], networks: Iterable[str], project: str, objects: Objects
) -> AsyncIterator[Touched]:
    wanted = {comparable(claim.value): claim for claim in claims if claim.value and not claim.pieces}
    unknown = [claim for claim in claims if claim.pieces]
    if not wanted and not unknown:
        return
    dotted = {comparable(network) for claim in wanted.values() for network in networks_in(claim.value)}
    any_dots = any(has_dots(claim.pieces) for claim in unknown)
    named = [str(each.get("Name")) for each in await objects.networks()] if dotted or any_dots else []
    joined = [each for each in dict.fromkeys(networks) if each not in PREDEFINED]
    for reference in dict.fromkeys((*joined, *(name for name in named if any_dots or comparable(name) in dotted))):
        network = await objects.found("network", reference)
        id = ApiObject(network, "").word("Id")
        if network is None or not id:
            continue
        name = str(network.get("Name") or reference)

        def taken(held: Iterable[str], name: str = name, is_joined: bool = reference in joined) -> NetworkClaim | None:
            full = [*with_network(held, name)]
            return _first(wanted, unknown, full if is_joined else [each for each in full if each.endswith(f".{name}")])

        listed = await objects.containers_with(network=id)
        others = [str(each["Id"]) for each in listed if project_of(each) != project]
        for container in await look_up(lambda each: objects.found("container", each), others):
            if container is not None and (claim := taken(_held_by_container(container, network))):
                touched = _container(container)
                yield structs.replace(touched, id="", image=None, why=_has(claim, name))
        if ApiObject(network, "").word("Scope") == "local":
            continue
        for service in await objects.services():
            spec = service.get("Spec") or {}
            if project_of_service(spec) != project and (claim := taken(_held_by_service(spec, network))):
                yield structs.replace(described("service", service, ""), id="", image=None, why=_has(claim, name))


def _has(claim: NetworkClaim, network: str) -> str:
    return f"it has {claim.value}, which {claim.field} would take, on network {network}"


def _filled_in(claim: NetworkClaim, service: Mapping[str, Any], nodes: Collection[str]) -> NetworkClaim:
    """The swarm fills in the templates of a service's host name when a task starts."""
    if "{{" not in claim.value:
        return claim
    if claim.value.count("{{") > MOST_IN_A_SERVICE:
        raise TooMuch(f"{claim.field} holds more than {MOST_IN_A_SERVICE} templates")
    pieces = possible_names(claim.value, service, nodes)
    texts = [next(iter(each)) for each in pieces if isinstance(each, frozenset) and len(each) == 1]
    is_known = len(texts) == len(pieces)
    return structs.replace(claim, value="".join(texts)) if is_known else structs.replace(claim, pieces=pieces)


def _first(
    wanted: Mapping[str, NetworkClaim], unknown: Sequence[NetworkClaim], held: Iterable[str]
) -> NetworkClaim | None:
    for each in map(comparable, held):
        if each in wanted:
            return wanted[each]
        for claim in unknown:
            if may_become(claim.pieces, each):
                return claim
    return None


def _endpoints(container: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    found = (container.get("NetworkSettings") or {}).get("Networks")
    return {name: each for name, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def _held_by_container(container: Mapping[str, Any], network: Mapping[str, Any]) -> list[str]:
    """Its names and addresses on that network; of one that is stopped those that it comes back with."""
    read = ApiObject(container, "")
    held = [read.word("Name").lstrip("/"), read.word("Config", "Hostname"), read.word("Config", "MacAddress")]
    for name, endpoint in _endpoints(container).items():
        if network.get("Id") == endpoint.get("NetworkID") or network.get("Name") == name:
            held += endpoint_names(endpoint)
    return [each for each in held if each]


def _held_by_service(spec: Mapping[str, Any], network: Mapping[str, Any]) -> list[str]:
    read = ApiObject(spec, "")
    held: list[str] = []
    for owner in (read, read.at("TaskTemplate")):
        for joined in owner.items("Networks"):
            if joined.word("Target") in (network.get("Id"), network.get("Name")):
                held.append(read.word("TaskTemplate", "ContainerSpec", "Hostname"))
                held += with_tasks((read.word("Name"), *(joined.at("Aliases").data or ())))
    return [each for each in held if each]


def _is_done(call: Call) -> bool:
    """`docker volume rm --force` is content where there is none."""
    return call.route.line == "DELETE /volumes/{volume}" and says_yes(call.query.get("force", ""))


async def _existing(kind: str, reference: str, objects: Objects) -> Touched | None:
    found = await objects.found(kind, reference)
    if found is None:
        return None
    if kind == "execution":
        return await _existing("container", str(found.get("ContainerID")), objects)
    if kind == "task":
        return await _task(found, objects)
    if kind == "container":
        return _container(found)
    touched = described(kind, found, reference)
    if kind == "volume" and not touched.project and _NAMELESS.fullmatch(touched.name):
        return structs.replace(touched, project=await _project_of_users(reference, objects))
    return touched


async def _task(found: Mapping[str, Any], objects: Objects) -> Touched:
    """It is of its service's project. One that outlives its service, or has none, is of the project that its own labels
    name."""
    read = ApiObject(found, "")
    id, service_id = read.word("ID"), read.word("ServiceID")
    service = await _existing("service", service_id, objects) if service_id else None
    if service is not None:
        return structs.replace(service, id=id)
    run = read.at("Spec", "ContainerSpec")
    return Touched(kind="task", name=id, project=project_of(run.data), image=run.word("Image"), id=id)


def _container(found: Mapping[str, Any]) -> Touched:
    read = ApiObject(found, "")
    return Touched(
        kind="container",
        name=read.word("Name").lstrip("/"),
        project=project_of(found["Config"]),
        image=read.word("Config", "Image"),
        id=read.word("Id"),
    )


async def _project_of_users(volume: str, objects: Objects) -> str:
    """A volume without a name carries no label; it is of the project whose containers alone use it. Compose names it
    when it makes such a container anew."""
    projects = {project_of(each) for each in await objects.containers_with(volume=volume)}
    return projects.pop() if len(projects) == 1 else ""


def described(kind: str, found: Mapping[str, Any], reference: str) -> Touched:
    """A volume, a network or an object of a swarm, as an inspect or a list has it."""
    spec = found.get("Spec", found)
    image = ApiObject(spec, kind).word("TaskTemplate", "ContainerSpec", "Image") if kind == "service" else None
    name = ApiObject(found, kind).word("Name") or ApiObject(spec, kind).word("Name") or reference
    project = project_of_service(spec) if kind == "service" else project_of(spec)
    read = ApiObject(found, kind)
    return Touched(kind=kind, name=name, project=project, image=image, id=read.word("Id") or read.word("ID"))


def listed_container(found: Mapping[str, Any]) -> Touched:
    """A container as a list of containers shows it."""
    name = str((found.get("Names") or [""])[0]).lstrip("/")
    return Touched(kind="container", name=name, project=project_of(found), image=str(found.get("Image", "")))
