"""A file that everybody may write, or that makes everybody root, undoes what USER was for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.build import ImageBuild, ShellCommand
from ...model.control import Control, Subject, cis, nist
from ...model.field import Source
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import started
from ._faults import BuildFault, weigh

control = Control(
    id="build/open-modes",
    title="No file is made writable for everybody, or setuid",
    fault="{who} [makes|make] files writable for everybody, or setuid",
    rationale="Whoever gets into one process can change the program of another one where everybody may write, and become "
    "root through a setuid program.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.8"), cis("1.8.0", "4.8"), nist("4.1.2")),
    remedy=Remedy(
        "Give the files to the user that needs them (`COPY --chown=10001:10001`), and writing to nobody else.",
        "a new build of the image",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN chmod -R 777 /app\n",
            "FROM debian:13\nRUN chmod a+rwx /app && chown app /app\n",
            "FROM debian:13\nRUN chmod u+s /bin/tool\n",
            "FROM debian:13\nCOPY --chmod=0666 shop.conf /etc/\n",
            "FROM debian:13\nRUN chmod 4755 /bin/tool\n",
            "FROM debian:13\nRUN mkdir -pm 777 /data\n",
            "FROM debian:13\nRUN install --mode=0666 shop.conf /etc/\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nRUN chmod 1777 /tmp && chmod +x /app/run && chmod 0750 /srv\n",
            "FROM debian:13\nCOPY --chmod=755 shop /bin/\n",
            "FROM debian:13 AS build\nRUN chmod 777 /src\nFROM scratch\nCOPY --from=build /src/shop /shop\n",
        ]
    },
)

_OCTAL = re.compile(r"[0-7]{3,5}\Z")
_EVERYBODY = re.compile(r"(?:^|,)[ugo]*[oa][ugoa]*[+=][rxXt]*w")
_SETUID = re.compile(r"(?:^|,)[ugoa]*u[ugoa]*[+=][rwxXt]*s")
_MODE = re.compile(r"^(?:-\w*m|--mode)[\n=]?([^\n]+)", re.MULTILINE)
"""Of `install` and `mkdir`, whose words stand in lines."""
_STICKY, _SETUID_BIT, _OTHERS_WRITE = 0o1000, 0o4000, 0o002


@control.judge
def open_modes(build: ImageBuild) -> Judgement:
    """In the stages that end up in the image."""
    faults = [fault for mode, place in _modes(build) if (fault := _fault(mode, place)) is not None]
    return weigh(build, "open-modes", faults, good="no file is made writable for everybody")


def _modes(build: ImageBuild) -> Iterator[tuple[str, Source]]:
    for stage in build.lineage:
        for instruction in stage.instructions:
            given = instruction.flag("chmod")
            if given is not None:
                yield given, instruction.source
            if instruction.keyword == "RUN":
                yield from (mode for command in instruction.commands for mode in _of_chmod(command))


def _of_chmod(command: ShellCommand) -> Iterator[tuple[str, Source]]:
    what = started(command)
    if what.program == "chmod" and what.words:
        yield what.words[0], command.source
    if what.program in ("install", "mkdir"):
        yield from ((mode, command.source) for mode in _MODE.findall("\n".join(what.arguments)))


def _fault(mode: str, place: Source) -> BuildFault | None:
    bits = int(mode, 8) if _OCTAL.match(mode) else 0
    if bits & _SETUID_BIT or _SETUID.search(mode):
        return BuildFault(f"mode {mode[:20]}: setuid, so that whoever starts it becomes its owner", place)
    if (bits & _OTHERS_WRITE and not bits & _STICKY) or _EVERYBODY.search(mode):
        return BuildFault(f"mode {mode[:20]}: everybody may write", place)
    return None
