"""A shared mount carries what is mounted in the container back to the host."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults
from ._platforms import WITH_HOST_PATHS
from ._unclear import as_far_as_told
from ._written_volumes import without_sharing

_MOUNT = {"Type": "bind", "Source": "/srv/shop", "Destination": "/x", "RW": True}

control = Control(
    id="workload/mount-propagation",
    title="Nothing mounted in a container appears on the host",
    fault="{who} [has|have] mounts that appear on the host",
    rationale="With shared propagation a container that may mount puts file systems over the host's folders, and over "
    "those of every container that has the same mount.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.host-access",
    subject=Subject.UNIT,
    platforms=WITH_HOST_PATHS,
    references=(cis("1.6.0", "5.20"), cis("1.8.0", "5.20"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Use `rprivate` (the default), or `rslave` to see the host's new mounts.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="makes shared mounts slaves",
            may_break="programs that mount something for the host or for other containers",
            changes=without_sharing,
        ),
    ),
    check_yourself="docker inspect -f '{{range .Mounts}}{{.Destination}} {{.Propagation}}{{println}}{{end}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop, parameters: [{key: volume, value: '/srv:/srv:rshared'}]}}}",
        "compose": "services: {web: {image: shop, volumes: ['/srv:/srv:rshared']}}",
        "container": [
            {"Mounts": [{**_MOUNT, "Propagation": "rshared"}]},
            {"Mounts": [{**_MOUNT, "Propagation": "shared"}]},
        ],
    },
    good={
        "compose": "services: {web: {image: shop, volumes: ['/srv:/srv:rslave']}}",
        "container": [
            {},
            {"Mounts": [{**_MOUNT, "Propagation": "rprivate"}]},
            {"Mounts": [{**_MOUNT, "Propagation": "rslave"}]},
            {"Mounts": [{**_MOUNT, "Propagation": ""}]},
        ],
    },
)


@control.judge
def mount_propagation(unit: Unit) -> Judgement:
    faults = [
        Fault(f"{mount.source} at {mount.target} is {mount.propagation}", mount.declared_at)
        for container in unit.containers
        for mount in container.mounts
        if mount.propagation in ("shared", "rshared")
    ]
    judged = judge_faults(faults, good="no mount is shared with the host", source=unit.source)
    return as_far_as_told(judged, unit, "mounts")
