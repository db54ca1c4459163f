"""What a container sees of the host tells an intruder where to go next, and with whose password."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._graded import judge_graded
from ._host_mounts import faults_at
from ._platforms import WITH_HOST_PATHS
from ._unclear import as_far_as_told
from ._written_volumes import read_only_for

_MOUNT = {"Type": "bind", "Destination": "/x", "RW": False}
_ONLY_READ = ("/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo", "/etc/os-release", "/etc/machine-id")
"""Files that the host's own tools write, and nobody else."""

control = Control(
    id="workload/host-view",
    title="Mounts show a container nothing of the host that is not its own",
    fault="{who} [mounts|mount] something of the host that is not [its|their] own",
    rationale="The host's process list, logs, temporary files, credentials and settings belong to everybody on it. An "
    "agent that watches the host needs some of them: then that is an exception with an owner. The kernel's /sys, read "
    "only, shows what every container sees anyway.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.host-access",
    subject=Subject.UNIT,
    platforms=WITH_HOST_PATHS,
    references=(cis("1.6.0", "5.6"), cis("1.8.0", "5.6"), nist("4.5.5"), owasp("D05")),
    remedy=Remedy(
        "Mount only what the container works on; mount single files of the host read-only.", "recreates the container"
    ),
    fixes=(
        ComposeFix(
            says="mounts the host's time zone and identity read-only",
            changes=read_only_for(*_ONLY_READ),
            kind=FixKind.SAFE,
        ),
        ComposeFix(
            says="mounts the host's certificates read-only",
            may_break="a program that adds a certificate of its own when it starts",
            changes=read_only_for("/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/ssl/certs/ca-certificates.crt"),
        ),
    ),
    check_yourself="docker inspect -f '{{range .Mounts}}{{.Source}} -> {{.Destination}} rw={{.RW}}{{println}}{{end}}' {name}",
    bad={
        "compose": [
            "services: {web: {image: shop, volumes: ['/etc/localtime:/etc/localtime']}}",
            "services: {web: {image: shop, volumes: [{type: bind, source: /etc/timezone, target: /etc/timezone}]}}",
            "services: {web: {image: shop, volumes: ['/etc/ssl/certs:/etc/ssl/certs:z']}}",
        ],
        "container": [
            *(
                {"Mounts": [{**_MOUNT, "Source": path}]}
                for path in (
                    "/proc",
                    "/var/log",
                    "/tmp",
                    "/usr",
                    "/boot",
                    "/root/.docker/config.json",
                    "/etc/ssl/private",
                    "/var/lib/docker/containers",
                )
            ),
            *({"Mounts": [{**_MOUNT, "Source": path, "RW": True}]} for path in ("/etc/localtime", "/etc/nginx")),
        ],
    },
    good={
        "compose": "services: {web: {image: shop, volumes: ['/etc/localtime:/etc/localtime:ro']}}",
        "container": [
            {},
            *(
                {"Mounts": [{**_MOUNT, "Source": path}]}
                for path in (
                    "/etc/localtime",
                    "/etc/timezone",
                    "/etc/nginx",
                    "/sys",
                    "/sys/fs/cgroup",
                    "/proc/cpuinfo",
                    "/var/log/shop",
                    "/etc",  # already a way to root: one fault, one finding
                )
            ),
        ],
    },
)


@control.judge
def host_view(unit: Unit) -> Judgement:
    faults = faults_at(Level.RESTRICTED, unit)
    judged = judge_graded(faults, good="no mount shows what is the host's alone", source=unit.source)
    return as_far_as_told(judged, unit, "mounts")
