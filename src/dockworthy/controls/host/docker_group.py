"""Members of the docker group are root, without a password and without a trace in sudo's log."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.field import Set, Unknown, Unset
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import absent, not_seen, on_host
from ._fields import in_both, not_known

control = Control(
    id="host/docker-group",
    title="Nobody is in the docker group who may not be root",
    fault="The docker group makes users root who may not be",
    rationale="Whoever may open the engine's socket can mount the host's disk into a container: membership of the "
    "group is root, with no password asked and no command logged. A stolen login of a member is a stolen host.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="3.least-privilege",
    subject=Subject.HOST,
    references=(*in_both("1.1.2"), nist("4.5.4")),
    remedy=Remedy(
        "Take people out of the group (`gpasswd -d NAME docker`; whose main group it is: `usermod -g users NAME`) and let "
        "them use sudo or a rootless engine of their own; give programs a socket proxy. Or `dockworthy guard install "
        "--people`: then members have roles. Who must stay: state an exception.",
        "members need another way to the engine; sessions that are open keep the group until they end",
    ),
    check_yourself="getent group docker",
    bad={
        "host": {
            "/etc/passwd": "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n",
            "/etc/group": "root:x:0:\ndocker:x:998:ana\n",
        },
        "snapshot": on_host(docker_group=["ana", "ci"]),
    },
    good={
        "host": {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\ndocker:x:998:\n"},
        "snapshot": [
            on_host(docker_group=absent()),
            on_host(
                docker_group=["ana"],
                daemon={
                    "pid": 7,
                    "argv": ["dockerd"],
                    "executable": "/usr/bin/dockerd",
                    "guarded_at": "/var/run/docker.sock",
                    "own_socket": "/run/dockworthy-engine/docker.sock",
                },
            ),
        ],
    },
    unclear={"snapshot": on_host(docker_group=not_seen())},
)


@control.judge
def docker_group(host: Host) -> Judgement:
    members = host.docker_group
    if isinstance(members, Unknown):
        return not_known(members)
    if isinstance(members, Unset):
        return passed("there is no docker group", members.source)
    others = [name for name in members.value if name != "root"]
    guarded = host.daemon.value.guarded_at if isinstance(host.daemon, Set) else ""
    if others and guarded:
        says = f"{', '.join(others)}: at {guarded} dockworthy's guard gives each the role that its policy has for them"
        return passed(says, members.source)
    if others:
        are = "is" if len(others) == 1 else "are"
        return failed(f"{', '.join(others)} {are} in the group, and so root", members.source)
    return passed("nobody is in the docker group", members.source)
