"""What a swarm must know of a project before it is planned."""

from __future__ import annotations

from collections.abc import Sequence

from ....engine.connection import Connection
from ....model.compose_project import ComposeProject
from .needs import must_be_had
from .placement import made_room, placed, where_volumes_are
from .service_spec import task_template, unescaped
from .spec_hash import spec_hash
from .validate import refuse_what_no_swarm_does


class SwarmMaker:
    """A task is known by its own spec, whoever wrote that: a stack that runs already is adopted where it is equal."""

    adopts = False

    def __init__(self, engine: Connection) -> None:
        self._engine = engine

    def refuse(self, spec: ComposeProject, services: Sequence[str], files: Sequence[str]) -> None:
        refuse_what_no_swarm_does(spec, services, files)

    async def fitted(self, spec: ComposeProject) -> tuple[ComposeProject, tuple[str, ...]]:
        await must_be_had(self._engine, spec)
        volumes = await where_volumes_are(self._engine, spec.name)
        bound, stays = placed(spec, volumes)
        fitted, crowded = made_room(bound, volumes.nodes)
        return fitted, (*stays, *crowded)

    async def hashes_of(self, spec: ComposeProject) -> dict[str, str]:
        plain = unescaped(spec)
        return {name: spec_hash(task_template(plain, name)) for name in plain.services}
