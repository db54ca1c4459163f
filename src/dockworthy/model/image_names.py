"""Names of images. Source: github.com/distribution/reference, "splitDockerDomain" and "familiarizeName"."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

_HUB = "docker.io/"
_OFFICIAL = "library/"


def names_registry(repository: str) -> bool:
    """Is the first part of `registry:5000/shop` a registry? `team/shop` is one of Docker Hub's own."""
    first, slash, _ = repository.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost" or first != first.lower())


def in_full(reference: str) -> str:
    """With the registry that is meant where none is written: `docker.io/library/postgres:17`."""
    if not names_registry(reference):
        reference = _HUB + reference
    rest = reference.removeprefix("index.").removeprefix(_HUB)
    if rest == reference:
        return reference
    return f"{_HUB}{rest}" if "/" in rest else f"{_HUB}{_OFFICIAL}{rest}"


def in_short(reference: str) -> str:
    """As the engine shows it: `postgres:17`."""
    return in_full(reference).removeprefix(_HUB).removeprefix(_OFFICIAL)


def repository_of(reference: str) -> str:
    """Without tag and digest."""
    name = reference.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name


def spellings(reference: str, tag: str = "") -> frozenset[str]:
    """Every way to write the same name, with its tag and without. `tag`: of a request that tells it apart, and then the
    one in the name does not count."""
    repository = repository_of(reference)
    tags = {tag} if tag else {reference.partition("@")[0].removeprefix(repository).removeprefix(":") or "latest"}
    names = {repository, in_full(repository), in_short(repository)}
    return frozenset({reference, *names, *(f"{name}:{each}" for name in names for each in tags)})


def last_fitting(patterns: Iterable[str], reference: str) -> str:
    """Of patterns of which the last that fits counts (`!postgres:*` excepts); `""` where none fits. A name counts as it
    was written, and in full."""
    names = (reference, in_full(reference))
    fitting = [each for each in patterns if any(fnmatchcase(name, each.removeprefix("!")) for name in names)]
    return fitting[-1] if fitting else ""
