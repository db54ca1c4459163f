"""Controls made by hand: one that says all that a control can say, and one that says the least."""

from __future__ import annotations

from dockworthy.model.control import Control, Subject, cis, pss
from dockworthy.model.finding import Remedy
from dockworthy.model.levels import Level, Severity

TIDY = Control(
    title="Containers are tidy",
    rationale="Untidy ones are lost.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="5.cleanup",
    subject=Subject.UNIT,
    references=(cis("1.8.0", "5.5"), pss("privileged")),
    remedy=Remedy("Tidy up.", "recreates the container", "docker rm {name}"),
    check_yourself="docker inspect {name} | grep -c tidy",
    bad={"container": [{"HostConfig": {"Tidy": False}}, {}], "kubernetes": "{kind: Pod}"},
    good={"host": {"/etc/tidy": "yes\n", "/etc/docker/daemon.json": {"tidy": True}, "/etc/mode": 420}},
    unclear={"daemon.json": "{not json"},
    id="workload/tidy",
)

PLAIN = Control(
    title="Volumes are plain",
    rationale="Patterns hide stains.",
    level=Level.BASELINE,
    severity=Severity.LOW,
    demand="1.backup",
    subject=Subject.VOLUME,
    remedy=Remedy("Iron them."),
    id="volume/plain",
)
