"""The first line of a Dockerfile may name the program that reads it: that one decides what is built."""

from __future__ import annotations

from ...model.build import ImageBuild, is_dockers_frontend
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Source
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import BuildFault, weigh

control = Control(
    id="build/frontend",
    title="Dockerfiles are read by Docker's own frontend",
    fault="{who} [is|are] read by somebody else's program",
    rationale="`# syntax=IMAGE` has the builder fetch that image, and build what its program makes of the file. It gets "
    "the files, secrets and ssh keys of the build, and need not do what the file says: whatever else is judged of this "
    "Dockerfile then says nothing about the image.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="5.pipeline",
    subject=Subject.BUILD,
    references=(nist("4.1.5"), owasp("D08")),
    remedy=Remedy(
        "Take the line out, or name Docker's own (`# syntax=docker/dockerfile:1`); accept another one by an exception, "
        "with its digest in the line.",
        "what only that program understands must be written otherwise",
    ),
    bad={
        "dockerfile": [
            "# syntax=example.com/frontend\nFROM debian:13\n",
            "# escape=`\n# SYNTAX = example.com/docker/dockerfile:1\nFROM debian:13\n",
            "#!/usr/bin/env builder\n# syntax=example.com/frontend@sha256:" + "a" * 64 + "\nFROM debian:13\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\n",
            "# syntax=docker/dockerfile:1.7-labs\nFROM debian:13\n",
            "# syntax=docker.io/docker/dockerfile@sha256:" + "a" * 64 + "\nFROM debian:13\n",
            "# a comment\n# syntax=example.com/frontend\nFROM debian:13\n",
        ]
    },
)


@control.judge
def frontend(build: ImageBuild) -> Judgement:
    says = f"{build.syntax} reads it, and decides what is built"
    faults = [] if is_dockers_frontend(build.syntax) else [BuildFault(says, Source(build.id, line=1))]
    return weigh(build, "frontend", faults, good="no other program reads it")
