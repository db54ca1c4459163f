"""Without a lock, whoever steals a manager's disk or backup has the swarm's keys and all its secrets."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Cluster
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ._examples import node, swarm, worker
from ._swarm import gap, spec, swarm_source

control = Control(
    id="cluster/autolock",
    title="Managers' keys are locked",
    fault="Managers' keys are not locked",
    rationale="The keys that decrypt the swarm's state lie beside it on every manager's disk. Locked, they need a key that "
    "people keep.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="6.orchestrators",
    subject=Subject.CLUSTER,
    references=(cis("1.6.0", "7.5"), cis("1.8.0", "7.5"), nist("4.3.5")),
    remedy=Remedy(
        "Switch auto-lock on, and keep the key where you find it when a manager has rebooted.",
        "after each restart of a manager's engine somebody must unlock it",
        "docker swarm update --autolock=true",
    ),
    check_yourself="docker swarm unlock-key",
    bad={
        "snapshot": [
            swarm(node("m", "manager"), spec={"EncryptionConfig": {"AutoLockManagers": False}}),
            swarm(node("m", "manager")),
        ]
    },
    good={"snapshot": swarm(node("m", "manager"), spec={"EncryptionConfig": {"AutoLockManagers": True}})},
    unclear={"snapshot": worker()},
)


@control.judge
def autolock(cluster: Cluster) -> Judgement:
    if not isinstance(cluster.swarm, Set):
        return gap(cluster.swarm)
    place = swarm_source("Spec.EncryptionConfig.AutoLockManagers")
    if spec(cluster, "EncryptionConfig", "AutoLockManagers") is True:
        return passed("auto-lock is on", place)
    return failed("auto-lock is off: the keys lie open on each manager", place)
