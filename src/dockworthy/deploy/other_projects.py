"""What a project would share with containers of other projects of the engine. Pure.

To join another project's network, namespace or volume is a question: a person says yes (`--accept web:joins`). To take
a name or an address that another project's containers are found by, is refused: its clients would reach the wrong
container.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from ..errors import Refused
from ..model.compose_project import ComposeNetworkUse
from ..model.edge_network import EDGE_NETWORKS, EDGE_PROJECT
from ..model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE, COMPOSE_WORKING_DIR, STACK, SWARM_SERVICE
from ..model.network_names import comparable, endpoint_names, is_address, with_network, with_tasks
from ..model.rollout import Desired, Question, Running

_SERVICE = (COMPOSE_SERVICE, SWARM_SERVICE)
_OWN_NETWORKS = ("", "bridge", "default", "host", "none")


class Others(Struct, frozen=True, kw_only=True):
    """What the engine has, as it lists it. `inspected`: containers of other projects on networks that the project
    joins, as the engine tells them in full: the list has no names by which they are found there."""

    networks: Sequence[Mapping[str, Any]] = ()
    containers: Sequence[Mapping[str, Any]] = ()
    volumes: Sequence[Mapping[str, Any]] = ()
    inspected: Sequence[Mapping[str, Any]] = ()


class Joined(Struct, frozen=True):
    """A network that a service joins and that the project does not make alone. `asked`: the names and addresses that
    its file gives it there; `given`: the names that Compose adds."""

    service: str
    network: str
    asked: tuple[str, ...]
    given: tuple[str, ...]


def project_of(labelled: Mapping[str, Any]) -> str:
    """The Compose project or stack of a container, network or volume; "" for none."""
    labels = labelled.get("Labels") or {}
    return str(labels.get(COMPOSE_PROJECT) or labels.get(STACK) or "")


def in_other_folders(containers: Iterable[Mapping[str, Any]], project: str, folder: Path) -> frozenset[str]:
    """Compose projects with containers here that were started from another folder of this machine, which is there: they
    are no earlier name of this one, as a renamed folder leaves it."""
    folders: dict[str, set[str]] = {}
    for each in containers:
        folders.setdefault(project_of(each), set()).add(str((each.get("Labels") or {}).get(COMPOSE_WORKING_DIR) or ""))
    return frozenset(
        name
        for name, started in folders.items()
        if name not in ("", project)
        and all(each and Path(each).is_dir() and Path(each).resolve() != folder.resolve() for each in started)
    )


def joined_networks(desired: Desired, networks: Iterable[Mapping[str, Any]]) -> Iterator[Joined]:
    """The edge's own are no matter of this: see `edge.reserved`."""
    there = {str(each["Name"]): each for each in networks}
    spec = desired.spec
    names = {key: _full_name(spec.object_name("networks", key), there) for key in spec.networks}
    for service, written in spec.services.items():
        container = desired.container_names.get(service, "")
        given = tuple(filter(None, (service, container)))
        everywhere = tuple(filter(None, (written.hostname, written.mac_address)))
        for key, how in written.networks.items():
            name = names.get(key, f"{desired.project}_{key}")
            if _is_anothers(name, there, desired.project):
                yield Joined(service, name, (*_asked_at(how), *everywhere), given)
        mode = written.network_mode
        if ":" not in mode and mode not in _OWN_NETWORKS:
            name = _full_name(mode, there)
            if _is_anothers(name, there, desired.project):
                yield Joined(service, name, everywhere, given)


def _asked_at(use: ComposeNetworkUse) -> tuple[str, ...]:
    """Names and addresses."""
    return (*use.aliases, *use.link_local_ips, *use.addresses.values())


def on_networks(joined: Iterable[Joined], others: Others, project: str) -> list[str]:
    """Ids of the containers of other projects that are there."""
    wanted = {each.network for each in joined}
    return [
        str(each["Id"])
        for each in others.containers
        if project_of(each) != project and wanted & {*((each.get("NetworkSettings") or {}).get("Networks") or {})}
    ]


def refuse_others_names(desired: Desired, others: Others) -> None:
    """Raises Refused."""
    for service, container in desired.container_names.items():
        _refuse_container_name(service, container, desired.project, others)
    for service, written in desired.spec.services.items():
        for label in (COMPOSE_PROJECT, STACK):
            named = str(written.labels.get(label) or desired.project)
            if named not in (desired.project, EDGE_PROJECT):
                raise Refused(
                    f"{service} has the label {label}: {named}, and would count as a container of that project",
                    hint="take the label out: Compose writes it",
                )
    bridges = {f"br-{str(each['Id'])[:12]}": each for each in others.networks}
    for key, definition in desired.spec.networks.items():
        parent = str(definition.driver_opts.get("parent") or "").partition(".")[0]
        owner = project_of(bridges[parent]) if parent in bridges else ""
        if owner not in ("", desired.project, EDGE_PROJECT):
            raise Refused(
                f"networks.{key} is at {parent}, the bridge of a network of the project {owner}",
                hint="give it an interface of the host as `parent`",
            )
    for each, name, where, other in _clashes(desired, others):
        owner = project_of(where)
        if name in each.asked or (owner and owner == project_of(other)):
            theirs = f"a container of the project {project_of(other)}" if project_of(other) else "another container"
            what = "address" if is_address(name) else "name"
            raise Refused(
                f"{each.service} would be {name} on the network {each.network}, where {theirs} is found by that {what} "
                f"({name_of(other)})",
                hint="leave the address out: the engine gives it a free one"
                if what == "address"
                else "give it another alias, or the service another name; a network of your own has all names free",
            )


def joins(desired: Desired, others: Others, running: Running) -> tuple[Question, ...]:
    """Networks and volumes that the service's containers have now were answered when they came to them."""
    there = {
        service: {name for task in tasks for name in (*task.addresses, *task.mounts.values())}
        for service, tasks in running.tasks.items()
    }
    found: dict[str, list[str]] = {}
    for service, written in desired.spec.services.items():
        for key, namespace in written.namespaces.items():
            kind, _, name = namespace.partition(":")
            if kind == "container" and (other := _container(name, others.containers, desired.project)):
                found.setdefault(service, []).append(f"the {_SPACES[key]} of {_in_words(other)}")
        for text in written.volumes_from:
            kind, _, rest = text.partition(":")
            name = rest.partition(":")[0] if kind == "container" else ""
            if name and (other := _container(name, others.containers, desired.project)):
                found.setdefault(service, []).append(f"the volumes of {_in_words(other)}")
    for service, name, other in _volumes_of_others(desired, others):
        if name not in there.get(service, ()):
            found.setdefault(service, []).append(f"the volume {name} with {_in_words(other)}")
    known = {str(each["Name"]): each for each in others.networks}
    for each in joined_networks(desired, others.networks):
        owner = project_of(known[each.network])
        if owner and each.network not in there.get(each.service, ()):
            found.setdefault(each.service, []).append(f"the network {each.network} of the project {owner}")
    for each, name, _, other in _clashes(desired, others):
        if each.network not in there.get(each.service, ()):
            found.setdefault(each.service, []).append(
                f"the name {name} on the network {each.network} with {_in_words(other)}"
            )
    return tuple(
        Question(
            accept=f"{service}:joins",
            says=f"{service} would share {', and '.join(dict.fromkeys(shared))}",
            hint=f"take it out, or say that the other one may be reached so: --accept {service}:joins",
        )
        for service, shared in found.items()
    )


_SPACES = {
    "network_mode": "network and the loopback address",
    "pid": "processes",
    "ipc": "shared memory",
    "uts": "host name",
    "cgroup": "cgroup",
}


def _volumes_of_others(desired: Desired, others: Others) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(service, volume, container of another project that mounts it). Two that write have a question of their own."""
    named = {key: desired.spec.object_name("volumes", key) for key in desired.spec.volumes}
    for service, written in desired.spec.services.items():
        for mount in written.mounts:
            name = named.get(mount.source) if mount.type == "volume" else None
            for other in others.containers if name else ():
                theirs = [each for each in other.get("Mounts") or () if each.get("Name") == name]
                both_write = not mount.read_only and any(each.get("RW") for each in theirs)
                asked = both_write and other.get("State") == "running"
                if theirs and not asked and project_of(other) not in ("", desired.project):
                    yield service, str(name), other


def _clashes(desired: Desired, others: Others) -> Iterator[tuple[Joined, str, Mapping[str, Any], Mapping[str, Any]]]:
    """(joined, name, network, container of another project that is found by that name there)."""
    known = {str(each["Name"]): each for each in others.networks}
    for each in joined_networks(desired, others.networks):
        for other in others.inspected:
            if other_names := _found_by(other, each.network):
                for name in dict.fromkeys((*each.asked, *each.given)):
                    if comparable(name) in other_names:
                        yield each, name, known[each.network], _as_listed(other)


def _found_by(container: Mapping[str, Any], network: str) -> frozenset[str]:
    """The names and addresses, in the engine's spelling, by which who is on this network reaches it: those that it has
    there, and NAME.NETWORK of each of its networks."""
    endpoints = (container.get("NetworkSettings") or {}).get("Networks") or {}
    if network not in endpoints:
        return frozenset()
    config = container.get("Config") or {}
    service, swarms = ((config.get("Labels") or {}).get(key) for key in _SERVICE)
    own = [str(container.get("Name") or "").lstrip("/"), config.get("Hostname"), config.get("MacAddress"), service]
    own += with_tasks([str(swarms)]) if swarms else ()
    found: set[str] = set()
    for joined, endpoint in endpoints.items():
        names = [*(str(each) for each in own if each), *endpoint_names(endpoint or {})]
        full = with_network(names, joined)
        found.update(comparable(each) for each in full if joined == network or each.endswith(f".{joined}"))
    return frozenset(found)


def _as_listed(container: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = (container.get("Config") or {}).get("Labels") or {}
    return {"Id": container["Id"], "Names": [container.get("Name") or ""], "Labels": labels}


def _refuse_container_name(service: str, name: str, project: str, others: Others) -> None:
    for each in others.containers:
        if project_of(each) != project and name in _names(each):
            raise Refused(
                f"{service}: container_name {name} is that of {_in_words(each)}", hint="choose another name, or none"
            )
    if name.startswith((f"{project}-", f"{project}_")):
        return
    listed = (*others.containers, *others.networks, *others.volumes)
    for other in sorted({project_of(each) for each in listed} - {"", project}):
        if re.fullmatch(rf"{re.escape(other)}[-_].+[-_]\d+", name):
            raise Refused(
                f"{service}: container_name {name} is one that Compose gives to containers of the project {other}",
                hint="choose another name, or none: Compose would stop with a conflict when that project grows",
            )


def _is_anothers(name: str, there: Mapping[str, Mapping[str, Any]], project: str) -> bool:
    """Also one that somebody made by hand, which belongs to no project."""
    return name in there and name not in EDGE_NETWORKS and project_of(there[name]) != project


def _full_name(name: str, there: Mapping[str, Mapping[str, Any]]) -> str:
    """The engine takes an id, or the beginning of one, too; a name counts before."""
    if name and name not in there:
        return next((full for full, each in there.items() if str(each["Id"]).startswith(name)), name)
    return name


def _container(name: str, containers: Iterable[Mapping[str, Any]], project: str) -> Mapping[str, Any] | None:
    """The container of another project that is meant by a name, an id or its beginning."""
    name, found = name.lstrip("/"), None
    for each in containers:
        if name in _names(each):
            found = each
            break
        if name and str(each["Id"]).startswith(name):
            found = found or each
    return found if found is not None and project_of(found) not in ("", project) else None


def _names(container: Mapping[str, Any]) -> set[str]:
    return {str(name).lstrip("/") for name in container.get("Names") or ()}


def name_of(container: Mapping[str, Any]) -> str:
    """The name of a container as `GET /containers/json` lists it: the shortest of its names, the others are links."""
    return min(_names(container), key=len, default=str(container["Id"])[:12])


def _in_words(container: Mapping[str, Any]) -> str:
    project = project_of(container)
    return f"the container {name_of(container)}" + (f" of the project {project}" if project else "")
