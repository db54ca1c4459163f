"""Files that hold secrets by what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.build import Instruction
from ...model.field import Set, Source

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
