"""Whoever has the image, or its build cache, has every secret that its Dockerfile wrote into it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..secret_words import has_secret_argument, secret_variables
from ._faults import BuildFault, weigh

_SECRET = re.compile(
    r"(?:\.env(?:\.(?!example|sample|template|dist|test|defaults?|ci)[\w.-]+)?"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[\w.-]+\.(?:key|p12|pfx|jks|keystore|ppk|kdbx)|[\w.-]*(?:private|priv|key)[\w.-]*\.pem"
    r"|\.netrc|\.pgpass|\.git-credentials|\.htpasswd|\.dockercfg|kubeconfig|\.?credentials(?:\.json)?"
    r"|service[_-]?account[\w.-]*\.json)\Z",
    re.IGNORECASE,
)
_SECRET_PATH = re.compile(r"(?:^|/)(?:\.docker/config\.json|\.kube/config|\.aws/credentials)\Z")
_PERHAPS = re.compile(
    r"(?:\.npmrc|\.pypirc|pip\.conf|[\w.-]+\.pem|\.my\.cnf|auth\.json|\.yarnrc(?:\.yml)?)\Z", re.IGNORECASE
)
_PUBLIC = re.compile(
    r"(?:\.pub|pub(?:lic)?[\w.-]*\.(?:key|pem)|(?:apt|gpg|release|signing)[\w.-]*\.key|[\w.-]*(?:gpg|archive|repo)[\w.-]*\.key)\Z",
    re.IGNORECASE,
)
"""Keys that are published: those that packages are verified with."""

_FOR_THE_PUBLIC = re.compile(
    r"(?:\.(?:pub|gpg|asc)|(?:^|/)(?:keyrings?|trusted\.gpg\.d|apk/keys|rpm-gpg)(?:/[^/]*)?|/ca-certificates/?[^/]*)\Z"
)
"""Where such a key goes to, whatever it is called here."""


def secret_sources(instruction: Instruction) -> Iterator[tuple[str, Source | None]]:
    """What COPY and ADD take from the build context and what is a secret by its name, with its place."""
    for path, place in _sources(instruction):
        name = path.rsplit("/", 1)[-1]
        if _SECRET_PATH.search(path) or (_SECRET.match(name) and not _PUBLIC.search(name)):
            yield path, place


def may_be_secret(instruction: Instruction) -> Iterator[tuple[str, Source | None]]:
    """The same of what often holds a token, or a key, and as often none."""
    for path, place in _sources(instruction):
        name = path.rsplit("/", 1)[-1]
        if _PERHAPS.match(name) and not _SECRET.match(name) and not _PUBLIC.search(name):
            yield path, place


def _sources(instruction: Instruction) -> Iterator[tuple[str, Source | None]]:
    """None where it copies from another stage or image, or from elsewhere."""
    if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") is not None:
        return
    last = instruction.words[-1] if instruction.words else None
    if isinstance(last, Set) and _FOR_THE_PUBLIC.search(last.value.rstrip("/")):
        return
    for word in instruction.words[:-1]:
        if isinstance(word, Set) and "://" not in word.value:
            yield word.value.rstrip("/"), word.source


control = Control(
    id="build/secrets",
    title="No secret stands in the Dockerfile or enters the image",
    fault="{who} [puts|put] a secret into the Dockerfile or the image",
    rationale="Variables, labels and build steps of an image are read by everyone who may pull it, files also after a "
    "later step has removed them, and the Dockerfile by everyone who may read the repository.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.10"), cis("1.8.0", "4.10"), nist("4.1.4"), owasp("D06")),
    remedy=Remedy(
        "Change the secret first: it is known. Hand it to the step that needs it with `RUN --mount=type=secret,id=…`, and "
        "to the program at run time; list the file in .dockerignore.",
        "a new build, and a new secret wherever the old one was used",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nENV DB_PASSWORD=not-so-secret\n",
            "FROM debian:13\nARG API_TOKEN=not-so-secret\n",
            "FROM debian:13\nENV DATABASE_URL=postgres://shop:not-so-secret@db/shop\n",
            "FROM debian:13\nCOPY .env /app/.env\n",
            "FROM debian:13\nCOPY id_rsa /root/.ssh/id_rsa\n",
            "FROM debian:13\nADD certs/server.key certs/server.crt /etc/tls/\n",
            "FROM debian:13\nRUN mysqladmin --password=not-so-secret ping\n",
            "FROM debian:13\nCOPY <<EOF /key\n-----BEGIN PRIVATE KEY-----\nbm90LXNvLXNlY3JldA==\n-----END PRIVATE KEY-----\nEOF\n",
            "FROM debian:13\nRUN cat >/key <<EOF\n-----BEGIN PRIVATE KEY-----\nbm90LXNvLXNlY3JldA==\n-----END PRIVATE KEY-----\nEOF\n",
            "FROM debian:13\nARG V=1\nADD https://shop:not-so-secret@files.example.com/shop-$V.tar /\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nENV POSTGRES_PASSWORD_FILE=/run/secrets/db TOKEN_TTL=60\n",
            "FROM debian:13\nRUN --mount=type=secret,id=npm,target=/root/.npmrc npm ci\n",
            "FROM debian:13 AS build\nFROM debian:13\nCOPY --from=build /src/.env.example /app/\n",
            "FROM debian:13\nRUN SECRET_KEY_BASE=dummy rake assets:precompile\n",
            "FROM debian:13\nCOPY shop-2027.key /etc/apt/keyrings/shop.asc\n",
        ]
    },
    unclear={
        "dockerfile": [
            "FROM debian:13\nCOPY .npmrc /root/.npmrc\n",
            "FROM debian:13\nARG GIVEN\nENV DB_PASSWORD=$GIVEN\n",
        ]
    },
)

_HIDDEN = re.compile(r"hash:[0-9a-f]{16}|-----BEGIN [A-Z ]*PRIVATE KEY")


@control.judge
def secrets(build: ImageBuild) -> Judgement:
    every = [*build.arguments, *(i for stage in build.stages for i in stage.instructions)]
    faults = [fault for instruction in every for fault in _faults(instruction)]
    gaps = [gap for instruction in every for gap in _gaps(instruction)]
    return weigh(build, "secrets", faults, gaps=gaps, good="nothing in it looks like a secret")


def _faults(instruction: Instruction) -> Iterator[BuildFault]:
    """Names only: a finding that shows the value would be one more place where it stands."""
    for pair in instruction.pairs:
        if isinstance(pair.value, Set) and secret_variables({pair.name: pair.value.value}):
            yield BuildFault(f"{instruction.keyword} {pair.name} holds a secret", pair.source)
    given = [command for command in instruction.commands if has_secret_argument(command.words)]
    for command in given:
        yield BuildFault("an argument of a command is a secret", command.source)
    if instruction.keyword == "ADD" and has_secret_argument(instruction.text.split()):
        yield BuildFault("the address that ADD fetches from holds a secret", instruction.source)
    for source, place in secret_sources(instruction):
        yield BuildFault(f"{instruction.keyword} brings in {source}", place)
    if any(_HIDDEN.search(heredoc.content) for heredoc in instruction.heredocs) and not given:
        yield BuildFault(f"the text that {instruction.keyword} writes holds a secret", instruction.source)


def _gaps(instruction: Instruction) -> Iterator[Unknown]:
    for source, place in may_be_secret(instruction):
        yield Unknown(f"{source} may hold a secret", "look into the file", place)
    if instruction.keyword == "ENV":
        for pair in instruction.pairs:
            if isinstance(pair.value, Unknown) and secret_variables({pair.name: "value"}):
                says = f"ENV {pair.name} takes a value that is not in the file: {pair.value.reason}"
                yield Unknown(says, pair.value.tell, pair.source)
