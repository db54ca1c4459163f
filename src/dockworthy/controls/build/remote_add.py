"""`ADD https://…` takes whatever the other side sends that day."""

from __future__ import annotations

import re

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import BuildFault, weigh

control = Control(
    id="build/remote-add",
    title="Files from elsewhere enter images only with their checksum",
    fault="{who} [adds|add] a file from elsewhere without its checksum",
    rationale="`ADD` with an address fetches at build time and checks nothing: what the server sends goes in.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.pipeline",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.11"), cis("1.8.0", "4.11"), nist("4.1.5"), owasp("D08")),
    remedy=Remedy(
        "Write `ADD --checksum=sha256:… https://…`, name a Git commit by its whole hash, or COPY the file from the "
        "repository.",
        "the checksum moves with each new version",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nADD https://example.com/tool /bin/tool\n",
            'FROM debian:13\nARG V\nADD ["https://example.com/tool-${V}", "/bin/tool"]\n',
            "FROM debian:13\nADD --checksum= https://example.com/tool /bin/tool\n",
            "FROM debian:13\nADD git@git.example.com:shop/web.git#main /src\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nADD --checksum=sha256:" + "a" * 64 + " https://example.com/tool /bin/tool\n",
            "FROM debian:13\nADD rootfs.tar.xz /\n",
            "FROM debian:13\nADD https://git.example.com/shop/web.git#" + "b" * 40 + " /src\n",
        ]
    },
)

_ADDRESS = re.compile(r"(?:\A|[\s\[\"',])((?:https?|ftp|git|ssh)://[^\s\"']+|git@[^\s\"']+)")
_COMMIT = re.compile(r"#[0-9a-f]{40}(?::|\Z)")


def is_remote(instruction: Instruction) -> bool:
    """Does an ADD name an address?"""
    return _ADDRESS.search(instruction.text) is not None


@control.judge
def remote_add(build: ImageBuild) -> Judgement:
    """Judged as it is written: which file an ARG leads to does not matter."""
    faults = [
        BuildFault("ADD takes a file from elsewhere without --checksum", add.source)
        for _, add in build.instructions("ADD")
        if not add.flag("checksum") and any(not _COMMIT.search(address) for address in _ADDRESS.findall(add.text))
    ]
    return weigh(build, "remote-add", faults, good="no unchecked file from elsewhere is added")
