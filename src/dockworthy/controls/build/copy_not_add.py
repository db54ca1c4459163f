"""ADD does more than it seems to: it unpacks archives and fetches addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction
from ...model.build_change import BuildChange, Reword
from ...model.build_fix import BuildFix, WrittenBuild
from ...model.control import Control, Subject, cis
from ...model.field import Set
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ._faults import BuildFault, weigh
from ._repairs import standing
from .remote_add import is_remote

control = Control(
    id="build/copy-not-add",
    title="Files of the project are copied with COPY",
    fault="{who} [uses|use] ADD where COPY does",
    rationale="A file that turns out to be an archive is unpacked by ADD, an address is fetched. COPY does neither, so "
    "what is read is what happens.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.9"), cis("1.8.0", "4.9")),
    remedy=Remedy("Write COPY instead of ADD.", "a new build of the image"),
    build_fixes=(
        BuildFix(
            says="copies by COPY: folders, and files that are no archives by their names, are treated alike",
            kind=FixKind.SAFE,
            changes=lambda written: _copied(written, plain=True),
        ),
        BuildFix(
            says="copies by COPY",
            may_break="a source that is an archive in spite of its name is no longer unpacked",
            changes=lambda written: _copied(written, plain=False),
        ),
    ),
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


_PLAIN = re.compile(
    r"(?:\.{1,2}|.*/|.*\.(?:"
    r"asc|c|cc|cfg|cert|cjs|cnf|conf|config|cpp|crt|cs|css|csv|env|go|gpg|gradle|h|hpp|html?|ini|jar|java|js|json|jsx|kts?"
    r"|lock|md|mjs|mod|php|pl|pem|properties|proto|py|r|rb|repo|rs|rules|scss|service|sh|sql|sum|svg|tf|toml|tsx?|txt|vue"
    r"|war|xml|ya?ml|zip))\Z",
    re.IGNORECASE,
)
"""Folders by the way they are written, and names of texts, programs and zip files, which ADD does not unpack."""
_COPY_HAS = frozenset({"chown", "chmod", "link"})


@control.judge
def copy_not_add(build: ImageBuild) -> Judgement:
    faults = [BuildFault("ADD where COPY does", add.source) for add in _needless(build)]
    return weigh(build, "copy-not-add", faults, good="ADD only does what COPY can't")


def _needless(build: ImageBuild) -> Iterator[Instruction]:
    return (add for _, add in build.instructions("ADD") if not is_remote(add) and not _unpacks(add))


def _copied(written: WrittenBuild, *, plain: bool) -> Iterator[BuildChange]:
    found = (
        Reword(add.first, keyword="COPY")
        for add in _needless(written.build)
        if {flag for flag, _ in add.flags} <= _COPY_HAS and _is_plain(add) is plain
    )
    return standing(written.build, "copy-not-add", found)


def _is_plain(add: Instruction) -> bool:
    return all(isinstance(word, Set) and _PLAIN.match(word.value) for word in add.words[:-1])


def _unpacks(add: Instruction) -> bool:
    """A source of which a variable is a part may be an archive."""
    return _ARCHIVE.search(add.text) is not None or "$" in add.text or bool(add.heredocs)
