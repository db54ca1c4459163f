"""ADD does more than it seems to: it unpacks archives and fetches addresses."""

from __future__ import annotations

import re

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject, cis
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import Fault, weigh
from .remote_add import is_remote

control = Control(
    title="Files of the project are copied with COPY",
    rationale="A file that turns out to be an archive is unpacked by ADD, an address is fetched. COPY does neither, so "
    "what is read is what happens.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.9"), cis("1.8.0", "4.9")),
    remedy=Remedy("Write COPY instead of ADD.", "a new build of the image"),
    bad={"dockerfile": ["FROM debian:13\nADD . /app\n", 'FROM debian:13\nADD ["shop.py", "/app/"]\n']},
    good={
        "dockerfile": [
            "FROM debian:13\nCOPY shop.py /app/\n",
            "FROM debian:13\nADD rootfs.tar.xz /\n",
            "FROM debian:13\nADD https://example.com/tool /bin/tool\n",
        ]
    },
)

_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tlz|tzst|gz|bz2|xz|zst|lzma|z)\b", re.IGNORECASE)


@control.judge
def copy_not_add(build: ImageBuild) -> Judgement:
    faults = [
        Fault("ADD where COPY does", add.source)
        for _, add in build.instructions("ADD")
        if not is_remote(add) and not _unpacks(add)
    ]
    return weigh(build, "copy-not-add", faults, good="ADD only does what COPY can't")


def _unpacks(add: Instruction) -> bool:
    """A source of which a variable is a part may be an archive."""
    return _ARCHIVE.search(add.text) is not None or "$" in add.text or bool(add.heredocs)
