"""A build argument is written into the image's history: it is no way to hand over a secret."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..secret_words import secret_variables
from ._faults import BuildFault, weigh

control = Control(
    id="build/secret-arguments",
    title="Secrets of the build are mounted, not handed in as arguments",
    fault="{who} [takes|take] a secret as a build argument",
    rationale="`docker history` shows the build arguments that a step saw, and so does the provenance that BuildKit "
    "attaches. A secret mount exists for its step alone.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.10"), cis("1.8.0", "4.10"), nist("4.1.4"), owasp("D06")),
    remedy=Remedy(
        "Take the ARG out, write `RUN --mount=type=secret,id=token,env=TOKEN …` (or read /run/secrets/token), and build "
        "with `--secret id=token,env=TOKEN`. Change secrets that were handed in before.",
        "the build command changes",
    ),
    bad={
        "dockerfile": [
            "FROM node:22\nARG NPM_TOKEN\nRUN npm ci\n",
            "ARG DB_PASSWORD\nFROM node:22\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM node:22\nARG VERSION TOKEN_URL\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci\n",
            "FROM node:22\n",
        ]
    },
)


@control.judge
def secret_arguments(build: ImageBuild) -> Judgement:
    """One with a value is a secret in the file, which is another control's matter."""
    written = [*build.arguments, *(instruction for _, instruction in build.instructions("ARG"))]
    faults = [
        BuildFault(f"ARG {pair.name} takes a secret from the command line", pair.source)
        for instruction in written
        for pair in instruction.pairs
        if not isinstance(pair.value, Set) and secret_variables({pair.name: "a value"})
    ]
    return weigh(build, "secret-arguments", faults, good="no build argument is named like a secret")
