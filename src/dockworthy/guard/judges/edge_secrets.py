"""Secrets of a swarm that hold the edge's keys, and the container that reads them: root's `dockworthy deploy` and
admins only.

The edges of other hosts use whichever of these secrets is newest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from ...model.edge_secrets import EDGE_READER, EDGE_SECRETS
from ...model.labels import SWARM_SERVICE
from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from ..parallel import look_up
from .case import Case

TITLE = "Only the edge and admins use the edge's keys"
_REMEDY = "ask an admin; `dockworthy deploy`, as root on the host, writes and reads these secrets itself"
EDGE_RULE = "guard/edge"
"""What it refuses, root's `dockworthy deploy` may, where the request proves that it is root's."""


async def refused_edge_secrets(
    case: Case, references: Iterable[str], names: Iterable[str] = ()
) -> AsyncIterator[Refusal]:
    """`references`: names or ids of secrets that are there: a swarm goes by them. `names`: those that a request gives,
    or writes beside an id."""
    wanted = [reference for reference in dict.fromkeys(references) if reference]
    found = await look_up(case.world.secret, wanted)
    there = (ApiObject(each, "GET /secrets/{id}").word("Spec", "Name") for each in found if each is not None)
    called = [*names, *wanted, *there]
    # A swarm compares names without regard to capital letters.
    if name := next((each for each in called if each.casefold().startswith(EDGE_SECRETS)), ""):
        yield refused(EDGE_RULE, TITLE, f"secret {name} holds keys or routes of the edge", _REMEDY)


async def refused_secrets_of_service(case: Case, run: ApiObject) -> AsyncIterator[Refusal]:
    """`run`: the ContainerSpec."""
    secrets = [*run.items("Secrets")]
    references, names = ([each.word(key) for each in secrets] for key in ("SecretID", "SecretName"))
    async for refusal in refused_edge_secrets(case, references, names):
        yield refusal


def refused_reader(name: str) -> Iterator[Refusal]:
    """Of a service of that name which is to be made, changed or removed. Who removes the one that reads these secrets
    could put another in its place; and one that somebody else made could be removed by root alone."""
    if name.casefold().startswith(f"{EDGE_READER}-"):
        yield refused(EDGE_RULE, TITLE, f"service {name} reads them for `dockworthy deploy`", _REMEDY)


async def service_remove(case: Case) -> AsyncIterator[Refusal]:
    found = await case.world.service(case.call.names["object"])
    for refusal in refused_reader(ApiObject(found, "GET /services/{id}").word("Spec", "Name")):
        yield refusal


def reads_edge_secrets(inspect: Mapping[str, Any]) -> bool:
    """Is it the container of the task that reads them?"""
    service = ApiObject(inspect, "GET /containers/{id}/json").words("Config", "Labels").get(SWARM_SERVICE, "")
    return service.casefold().startswith(f"{EDGE_READER}-")


JUDGES = {"service_remove": service_remove}
