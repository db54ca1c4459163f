"""An update that fails stops half-way by default: part of the service is new and broken, and stays so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject
from ...model.engine import Cluster
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.json_parts import part
from ...model.levels import Level, Severity
from ..examples import known
from ._examples import node, swarm, worker
from ._swarm import gap


def _service(**update: str) -> dict[str, Any]:
    spec = {"Name": "web", "Mode": {"Replicated": {"Replicas": 2}}, "UpdateConfig": update}
    return swarm(node("m", "manager"), services=known([{"ID": "s1", "Spec": spec}]))


control = Control(
    id="cluster/update-rollback",
    title="A service whose update fails goes back by itself",
    fault="{who} [does|do] not go back after a failed update",
    rationale="The default is `pause`: somebody must notice, understand and act. With `rollback` the swarm returns to what "
    "worked.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.rollback",
    subject=Subject.CLUSTER,
    remedy=Remedy(
        "Set `deploy.update_config.failure_action: rollback`, with a health check and a `monitor` time to tell by.",
        "nothing stops",
        "docker service update --update-failure-action rollback SERVICE",
    ),
    check_yourself="docker service inspect -f '{{json .Spec.UpdateConfig}}' SERVICE",
    bad={"snapshot": [_service(), _service(FailureAction="pause"), _service(FailureAction="continue")]},
    good={"snapshot": _service(FailureAction="rollback")},
    unclear={"snapshot": worker()},
)

_LONG_RUNNING = ("Replicated", "Global")


@control.judge
def update_rollback(cluster: Cluster) -> Iterator[Judgement]:
    if not isinstance(cluster.services, Set):
        yield gap(cluster.services)
        return
    lasting = [service for service in cluster.services.value if _is_lasting(service)]
    if not lasting:
        yield not_applicable("no service that is updated", cluster.services.source)
    yield from map(_judge, lasting)


def _is_lasting(service: dict[str, Any]) -> bool:
    mode = part(service, "Spec", "Mode")
    return not isinstance(mode, dict) or any(kind in mode for kind in _LONG_RUNNING)


def _judge(service: dict[str, Any]) -> Judgement:
    name = part(service, "Spec", "Name")
    about = f"service/{name if isinstance(name, str) else '?'}"
    action = part(service, "Spec", "UpdateConfig", "FailureAction") or "pause"
    place = Source("GET /services", "Spec.UpdateConfig.FailureAction")
    if action == "rollback":
        return passed("a failed update is rolled back", place, about=about)
    return failed(f"after a failed update: {action}", place, about=about)
