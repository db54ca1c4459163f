"""`curl … | sh` runs as root whatever the other side sends that day, half of it where the line breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...model.build import ImageBuild, ShellCommand
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import DOWNLOADERS, SHELLS, Started, started
from ._faults import BuildFault, weigh

control = Control(
    id="build/piped-install",
    title="No step runs what it has just fetched unseen",
    fault="{who} [runs|run] what was just fetched, unseen",
    rationale="A script from an address can be another one tomorrow, or for you alone, and nothing checks it before it "
    "runs as root in the build.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.pipeline",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.11"), cis("1.8.0", "4.11"), nist("4.1.5"), owasp("D08")),
    remedy=Remedy(
        "Fetch to a file, check its checksum or signature (`sha256sum -c`), then run it; or install the package.",
        "the checksum moves with each new version",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN curl -fsSL https://example.com/install.sh | sh\n",
            "FROM debian:13\nRUN wget -qO- https://example.com/install.sh | sudo -E bash -\n",
            'FROM debian:13\nRUN bash -c "$(curl -fsSL https://example.com/install.sh)"\n',
            "FROM debian:13\nRUN bash <(curl -s https://example.com/install.sh)\n",
            "FROM debian:13\nRUN curl -sSL https://example.com/get.py | python3 -\n",
            'FROM debian:13\nRUN python3 -c "$(curl -sSL https://example.com/get.py)"\n',
            'FROM debian:13\nSHELL ["/bin/bash", "-c"]\nRUN source <(curl -s https://example.com/install.sh)\n',
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nRUN curl -fsSLo i.sh https://example.com/i.sh && echo 'ab  i.sh' | sha256sum -c && sh i.sh\n",
            "FROM debian:13\nRUN curl -fsSL https://example.com/a.tgz | tar -xz -C /opt\n",
            "FROM debian:13\nRUN echo 'curl x | sh'\n",
        ]
    },
)

_INTERPRETERS = SHELLS | {"python", "python3", "python2", "perl", "ruby", "node", "php"}
_FETCHES = re.compile(r"(?:\$\(|`|<\()\s*(?:curl|wget)\s")


@control.judge
def piped_install(build: ImageBuild) -> Judgement:
    faults = [fault for _, run in build.instructions("RUN") for fault in _faults(run.commands)]
    return weigh(build, "piped-install", faults, good="nothing that was fetched is run unseen")


def _faults(commands: Sequence[ShellCommand]) -> Iterator[BuildFault]:
    """Along each pipe: what a program fetches, and an interpreter that reads it as its program."""
    fetched = ""
    for command in commands:
        what = started(command)
        if what.program in _INTERPRETERS and fetched and _reads_program(what.arguments):
            yield BuildFault(f"{what.program} runs what {fetched} fetches", command.source)
        elif any(_FETCHES.search(word) for word in _programs(what)):
            yield BuildFault(f"{what.program} runs what it fetches", command.source)
        if what.program in DOWNLOADERS:
            fetched = what.program
        fetched = fetched if command.piped else ""


def _programs(what: Started) -> Sequence[str]:
    """The arguments that may be a program, or name the file of one."""
    if what.program in (*SHELLS, "eval", ".", "source"):
        return what.arguments
    if what.program not in _INTERPRETERS:
        return ()
    return [word for flag, word in pairwise(what.arguments) if flag in ("-c", "-e", "-r")]


def _reads_program(arguments: Sequence[str]) -> bool:
    """`sh`, `sh -s -- x`, `python3 -`: the program comes from standard input; `python3 -c …` and a file do not."""
    for word in arguments:
        if word in ("-", "-s", "/dev/stdin") or word.startswith(("<", ">", "2>")):
            return True
        if not word.startswith("-") or word in ("-c", "-e", "-r", "-m", "-n", "-p"):
            return False
        if "s" in word[1:] and not word.startswith("--"):
            return True
    return True
