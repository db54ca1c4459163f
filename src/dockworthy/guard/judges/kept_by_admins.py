"""Releases and versions that an admin's deploy keeps on a swarm: root's deploys and rollbacks believe what they say.

What else has names or labels of a deploy may be anybody's who deploys: a rollback asks about that before it ships it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from ...model.kept_on_swarm import ADMINS_RULE, OF_ADMINS, is_of_admins
from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from ..parallel import look_up
from .case import Case
from .edge_secrets import refused_edge_secrets
from .naming import MIGHT_BE_AN_ID

_TITLE = "What an admin's deploy keeps on a swarm is written by admins only"
_REMEDY = "ask an admin; `dockworthy deploy`, as root on the host, writes and removes it itself"


async def refused_kept(case: Case, kind: str, labels: Mapping[str, str]) -> AsyncIterator[Refusal]:
    """Of a secret or config (`kind`) that a request makes, changes or removes: by the `labels` that it gives, and by
    those of what is there."""
    if is_of_admins(labels):
        says = f"the label {OF_ADMINS} says that an admin wrote it"
        yield refused(ADMINS_RULE, _TITLE, says, "leave it out")
    reference = case.call.names.get("object", "")
    if not reference:
        return
    look = case.world.secret if kind == "secret" else case.world.config
    for found in await look_up(look, dict.fromkeys((reference, *await _others(case, kind, reference)))):
        spec = ApiObject(found, "GET /configs/{id}").at("Spec")
        if is_of_admins(spec.words("Labels")):
            yield refused(ADMINS_RULE, _TITLE, f"{kind} {spec.word('Name')} is of an admin's deploy", _REMEDY)


async def _others(case: Case, kind: str, reference: str) -> tuple[str, ...]:
    """Those whose ids begin so: the engine takes the reference for one of them, should what is called so be gone by
    then."""
    return await case.world.ids_beginning(kind, reference) if MIGHT_BE_AN_ID.fullmatch(reference) else ()


async def secrets_remove(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in refused_edge_secrets(case, (case.call.names["object"],)):
        yield refusal
    async for refusal in refused_kept(case, "secret", {}):
        yield refusal


async def configs_remove(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in refused_kept(case, "config", {}):
        yield refusal


JUDGES = {"secrets_remove": secrets_remove, "configs_remove": configs_remove}
