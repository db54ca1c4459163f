"""How long a container is meant to live, and who brings it back."""

from __future__ import annotations

from ...model.field import Set
from ...model.labels import COMPOSE_ONEOFF, SWARM_TASK
from ...model.workload import Container, ContainerRole, State, Unit

_ORCHESTRATORS = (
    (SWARM_TASK, "the swarm"),
    ("io.kubernetes.pod.uid", "Kubernetes"),
)
"""Label on the containers of an orchestrator -> its name."""

_JOBS = frozenset({"job", "cronjob"})


def orchestrator(unit: Unit) -> str:
    """Who keeps this container; `""` where the engine alone does."""
    return next((name for label, name in _ORCHESTRATORS if label in unit.labels), "")


def state_of(container: Container) -> State | None:
    return container.state.value if isinstance(container.state, Set) else None


def runs_once(unit: Unit) -> str:
    """Why nobody expects it to stay: the sentence, or `""`."""
    if unit.kind in _JOBS:
        return "it is a job"
    if unit.is_job:
        return "it is a job (deploy.jobs): it runs once in a release, and its end is waited for"
    if unit.labels.get(COMPOSE_ONEOFF, "").lower() == "true":
        return "it was started for one command (docker compose run)"
    for container in unit.containers:
        state = state_of(container)
        if state is not None and _is_done(container, state):
            return "it did its work and ended with status 0"
    return ""


def _is_done(container: Container, state: State) -> bool:
    restart = container.restart
    stays_down = isinstance(restart, Set) and restart.value.name == "no"
    return state.status == "exited" and state.exit_code == 0 and stays_down


def lasting(unit: Unit) -> list[Container]:
    """The containers that stay as long as the unit does: no init containers, none that is there for debugging."""
    return list(unit.by_role(ContainerRole.MAIN, ContainerRole.SIDECAR))
