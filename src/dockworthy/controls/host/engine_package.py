"""An engine that no package manager looks after is updated by nobody, or by somebody at any time."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import both, not_seen, on_host
from ._fields import not_known

_PACKAGES = ("docker-ce", "docker-ee", "docker.io", "moby-engine", "docker-engine")


def _engine(executable: str, *packages: str) -> dict[str, Any]:
    daemon = {"pid": 7, "argv": [executable], "executable": executable}
    return on_host(daemon=daemon, packages=[{"name": name, "version": "1"} for name in packages])


control = Control(
    id="host/engine-package",
    title="The engine is a package that the host's package manager keeps current",
    fault="The host's package manager does not keep the engine current",
    rationale="Static binaries get no updates until somebody remembers them. A snap updates and restarts the engine "
    "when it likes, containers included, and can't see most of the host's paths.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.current",
    subject=Subject.HOST,
    references=(owasp("D02"),),
    remedy=Remedy(
        "Install docker-ce from Docker's package archive or docker.io from the distribution, and take the other away.",
        "all containers stop; data in another data-root has to be moved",
    ),
    check_yourself="readlink /proc/$(cat /var/run/docker.pid)/exe; dpkg -S $(which dockerd); snap list docker",
    bad={"snapshot": _engine("/snap/docker/2915/bin/dockerd")},
    good={"snapshot": _engine("/usr/bin/dockerd", "docker-ce", "containerd.io")},
    unclear={
        "snapshot": [_engine("/usr/local/bin/dockerd"), both(_engine("/usr/bin/dockerd"), on_host(packages=not_seen()))]
    },
)


@control.judge
def engine_package(host: Host) -> Judgement:
    program = host.daemon.value.executable if isinstance(host.daemon, Set) else ""
    if program.startswith("/snap/"):
        return failed(f"{program} is a snap: it updates and restarts by itself", host.daemon.source)
    if not isinstance(host.packages, Set):
        return not_known(host.packages, what="a package manager")
    ours = [package for package in host.packages.value if package.name in _PACKAGES]
    if ours:
        return passed(f"{ours[0].name} {ours[0].version}", host.packages.source)
    if isinstance(host.daemon, Set):
        return unknown(f"{program} belongs to no package that is known here: who updates it?", host.packages.source)
    return not_applicable("no engine runs here and none is installed as a package", host.packages.source)
