"""Which platforms a control of this chapter speaks of."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from ...model.dialect import Platform
from ...model.finding import Judgement
from ...model.workload import Unit

ENGINES = frozenset({Platform.DOCKER, Platform.SWARM})
"""Containers and services: where a rule of Kubernetes says the same already, or has no word for it."""

CONTAINERS = frozenset({Platform.DOCKER})
"""Containers alone: a service can't say it, its tasks' containers are judged one by one."""

WITH_HOST_PATHS = ENGINES | {Platform.MARATHON}
"""Where a container can be given paths of the host, and no Pod Security Standard speaks of it."""

WITH_DEVICES = CONTAINERS | {Platform.MARATHON}
"""Where a container can be given devices of the host: Marathon passes flags of `docker run` on."""

PODS = frozenset({Platform.KUBERNETES})


def checked_by(judgement: Judgement, unit: Unit, commands: Mapping[Platform, str]) -> Judgement:
    """The judgement with the command that shows the fact on the unit's own platform, where the control's does not."""
    command = commands.get(unit.dialect.platform)
    if command is None:
        return judgement
    said = command.replace("{kind}", unit.kind).replace("{name}", unit.name)
    return structs.replace(judgement, check_yourself=said)
