"""`COPY . .` beside an .env file: the secrets are in the image, and in every registry that it is pushed to."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed
from ...model.levels import Level, Severity
from ...model.text_file import TextFile

_ENV = "DB_PASSWORD=Tr0ub4dor-3\n"
_COMPOSE = "services: {web: {build: .}}\n"

control = Control(
    id="file/env-in-build-context",
    title="No build takes a file of secrets into its image",
    fault="{n} [file|files] of secrets [enters|enter] an image by its build",
    rationale="What a build copies is in the image's layers for good, also where a later step removes it; who may pull "
    "the image reads it. That Git ignores the file keeps no build from taking it.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.FILE,
    references=(nist("4.1.4"), owasp("D06")),
    remedy=Remedy(
        "Name the file in .dockerignore (`.env*`, `**/*.pem`), or copy by name what the image needs. Change the secrets "
        "if an image with them was pushed, and remove that image.",
        "a new build",
    ),
    bad={
        "files": [
            {"compose.yaml": _COMPOSE, "Dockerfile": "FROM debian:13\nCOPY . /app\n", ".env": _ENV},
            {
                "compose.yaml": "services: {web: {build: {context: app, dockerfile: web.Dockerfile}}}\n",
                "app/web.Dockerfile": "FROM debian:13\nCOPY conf* /app/\n",
                "app/conf/.env": _ENV,
                "app/.dockerignore": ".env\n",  # at the root alone
            },
        ]
    },
    good={
        "files": [
            {
                "compose.yaml": _COMPOSE,
                "Dockerfile": "FROM debian:13\nCOPY . /app\n",
                ".dockerignore": "**/.env\n",
                ".env": _ENV,
            },
            {"compose.yaml": _COMPOSE, "Dockerfile": "FROM debian:13\nCOPY src /app\n", ".env": _ENV},
            {"compose.yaml": _COMPOSE, "Dockerfile": "FROM debian:13\nCOPY . /app\n", ".env": "TAG=12\n"},
        ]
    },
)


@control.judge
def env_in_build_context(file: TextFile) -> Judgement:
    if not file.sent_by:
        return passed("no build that is known takes it in", file.source)
    says = (
        Evidence(f"`{sending.says}` takes it in, and no .dockerignore leaves it out", sending.source)
        for sending in file.sent_by
    )
    return Judgement(Outcome.FAIL, tuple(says))
