"""A container that somebody typed into a shell can't be made again the same: the command line is gone."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, nist
from ...model.field import Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.labels import COMPOSE_CONFIG_FILES, COMPOSE_PROJECT, SWARM_SERVICE
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.workload import Container, Unit
from ._running import containers, gap, state_of

_TYPED = {"com.docker.compose.project": "", "com.docker.compose.project.config_files": ""}

control = Control(
    id="machine/made-from-file",
    title="Containers are made from a file, not typed in",
    fault="{who} [comes|come] from no known file",
    rationale="What a file says can be read, reviewed, checked and run again on a new host. What somebody typed lives in "
    "that person's memory, until the host is lost.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.deploy",
    subject=Subject.MACHINE,
    references=(nist("4.4.5"),),
    remedy=Remedy(
        "Write its settings into a Compose file under version control, and start it from there.",
        "recreates the container once",
        "docker compose up -d",
    ),
    check_yourself="docker inspect -f '{{json .Config.Labels}}' {name}",
    bad={"snapshot": {"engine": {"containers": [{"name": "web", "inspect": {"Config": {"Labels": _TYPED}}}]}}},
    good={
        "snapshot": [
            {"engine": {"containers": [{"name": "web"}]}},
            {
                "engine": {
                    "containers": [
                        {
                            "name": "web",
                            "inspect": {"Config": {"Labels": {**_TYPED, "com.docker.swarm.service.name": "web"}}},
                        }
                    ]
                }
            },
        ]
    },
    unclear={"snapshot": {"engine": {"containers": {"is": "unknown", "reason": "the engine went silent"}}}},
)

_MAKERS = {
    SWARM_SERVICE: "a service of the swarm",
    "io.kubernetes.pod.name": "Kubernetes",
    "com.hashicorp.nomad.alloc_id": "Nomad",
    "MESOS_TASK_ID": "Mesos",
    "mesos_task_id": "Mesos",
}
"""Label -> what makes containers from a definition of its own."""
_OF_THE_BUILDER = "buildx_buildkit_"


@control.judge
def made_from_file(machine: Machine) -> Iterator[Judgement]:
    if missing := gap(machine, "containers"):
        yield missing
    meant_to_run = [
        (u, c) for u, c in containers(machine) if state_of(c).running and not u.name.startswith(_OF_THE_BUILDER)
    ]
    if not meant_to_run:
        yield not_applicable("no container runs", Source("GET /containers/json"))
    yield from (_judge(unit, container) for unit, container in meant_to_run)


def _judge(unit: Unit, container: Container) -> Judgement:
    place = Source(container.source.where, "Config.Labels")
    if unit.labels.get(COMPOSE_PROJECT):
        file = unit.labels.get(COMPOSE_CONFIG_FILES) or "a Compose file"
        return passed(f"made by Compose from {file}", place, about=unit.id)
    maker = next((says for label, says in _MAKERS.items() if label in unit.labels), "")
    if maker:
        return passed(f"made by {maker}", place, about=unit.id)
    return failed("no file is known that it was made from", place, about=unit.id)
