"""Owner and mode of the engine's files and of its socket, and who is in the docker group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...controls.file_modes import FILES, SOCKETS, engine_uid, wrong_owner
from ...controls.host.engine_socket import SOCKET_MODE
from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone, Run, SetMode, Step
from ..situation import Planning, Situation, causes_of


def _about(finding: Finding) -> str:
    """The object of a family's finding: `host:/etc/docker` is about /etc/docker."""
    return finding.subject.partition(":")[2]


def plan_modes(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """One step for all files of the control."""
    deeds = [deed for finding in findings if (deed := _mode_of(_about(finding), situation)) is not None]
    if deeds:
        yield Step(
            id=findings[0].control,
            title="The engine's files belong to root alone",
            causes=causes_of(findings),
            deeds=tuple(deeds),
            undone_by="owner and mode as they were",
        )


def _mode_of(path: str, situation: Situation) -> SetMode | None:
    """What is too open is closed; nothing is opened that was closed."""
    host = situation.machine.host
    field = host.files.get(path)
    if not isinstance(field, Set):
        return None
    file = field.value
    socket = file.role in SOCKETS
    allowed = SOCKET_MODE if socket else FILES[file.role].mode
    any_group = socket or FILES[file.role].group_may_differ
    mode = file.mode & 0o777 & allowed
    owner = (engine_uid(host), 0) if wrong_owner(file, engine_uid(host), None if any_group else ()) else None
    return SetMode(path=path, mode=mode if mode != file.mode & 0o777 else None, owner=owner)


def plan_docker_group(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    members = situation.machine.host.docker_group
    names = [name for name in members.value if name != "root"] if isinstance(members, Set) else []
    if not names:
        return
    yield Step(
        id=findings[0].control,
        title="Nobody is root by way of the docker group",
        causes=causes_of(findings),
        deeds=tuple(
            Run(
                argv=("gpasswd", "-d", name, "docker"),
                undo=("gpasswd", "-a", name, "docker"),
                says=f"{name} leaves the docker group",
            )
            for name in names
        ),
        disturbs=(
            f"{', '.join(names)}: `docker` then says permission denied, in each session from its next login on",
            "people use `sudo docker …`, which leaves a log; programs get a user of their own, or a proxy of the "
            "socket that only reads",
        ),
        undone_by="gpasswd -a, for each of them",
    )


PLANNINGS = {
    "host/engine-files": Planning(plan=plan_modes),
    "host/engine-socket": Planning(plan=plan_modes),
    "host/docker-group": Planning(plan=plan_docker_group),
}
