"""An SSH server in a container is a second way in, with keys, passwords and updates of its own."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import started
from ._faults import BuildFault, weigh

control = Control(
    id="build/ssh-server",
    title="The image holds no SSH server",
    fault="{who} [installs|install] an SSH server",
    rationale="Who may log in is then decided in every image once more, and what was changed by hand over it is gone "
    "with the next deploy. `docker exec` needs no server.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="7.credentials",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "5.7"), cis("1.8.0", "5.7"), nist("4.1.2"), owasp("D04")),
    remedy=Remedy("Take the server out of the image; use `docker exec`.", "a new build of the image"),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y openssh-server\n",
            'FROM debian:13\nCMD ["/usr/sbin/sshd", "-D"]\n',
            "FROM debian:13\nEXPOSE 80 22/tcp\n",
        ]
    },
    good={"dockerfile": ["FROM debian:13\nRUN apt-get update && apt-get install -y openssh-client\nEXPOSE 80 2222\n"]},
)

_PACKAGES = frozenset("openssh-server dropbear tinysshd".split())
_SERVERS = frozenset("sshd dropbear tinysshd".split())
_INSTALLERS = frozenset("apt-get apt apk dnf yum microdnf zypper pacman".split())


@control.judge
def ssh_server(build: ImageBuild) -> Judgement:
    """In the stages that end up in the image."""
    faults = [fault for stage in build.lineage for i in stage.instructions for fault in _faults(i)]
    return weigh(build, "ssh-server", faults, good="no SSH server is installed, started or exposed")


def _faults(instruction: Instruction) -> Iterator[BuildFault]:
    if instruction.keyword == "EXPOSE":
        ports = [word.value for word in instruction.words if isinstance(word, Set)]
        if any(port.partition("/")[0] == "22" for port in ports):
            yield BuildFault("EXPOSE 22", instruction.source)
    for command in instruction.commands:
        what = started(command)
        package = next((word for word in what.words if word.partition("=")[0] in _PACKAGES), "")
        if what.program in _INSTALLERS and package and not {"remove", "purge", "del"} & set(what.words):
            yield BuildFault(f"{what.program} installs {package}", command.source)
        elif what.program in _SERVERS:
            yield BuildFault(f"{instruction.keyword} starts {what.program}", command.source)
