"""What others recommend: the catalogue of the benchmarks that controls refer to.

The data stand in the JSON files beside this one, one line a recommendation. Ids are the benchmarks' own. Titles and
reasons are our own words, because the text of the CIS benchmarks is not ours to copy.

Compared for the CIS Docker Benchmark 1.6.0, 1.7.0 and 1.8.0, all 118 recommendations: 1.7.0 has the ids of 1.6.0; 1.8.0
put "not devicemapper" in as 2.7 and so moved 2.7-2.18 up by one. Nothing was dropped.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ..finding import Reference

BENCHMARKS: Final = ("cis-docker", "nist-sp-800-190", "owasp-docker", "pss")
"""The names that references use, in the order in which a reader would want them."""


class Recommendation(Struct, frozen=True, forbid_unknown_fields=True):
    """One recommendation over all versions of its benchmark.

    `ids` is its id in each version that has it, oldest first; for the Pod Security Standards the one version is the
    first that has the check. `profile` is the benchmark's own level (CIS: 1 or 2; Pod Security Standards: 1 baseline,
    2 restricted). `automated` names the versions that say a machine can check it.
    `obsolete` says, in a clause, why its matter no longer exists although the benchmark still lists it.
    `why_not` says, in a clause, what of it a machine can't answer.
    """

    ids: dict[str, str]
    title: str
    profile: int | None = None
    automated: frozenset[str] = frozenset()
    obsolete: str = ""
    why_not: str = ""


class Benchmark(Struct, frozen=True, forbid_unknown_fields=True):
    """A catalogue. `versions` is oldest first, and empty where each recommendation has a first version of its own."""

    name: str
    title: str
    versions: tuple[str, ...]
    recommendations: tuple[Recommendation, ...]

    def in_version(self, version: str) -> list[tuple[str, Recommendation]]:
        """(id, recommendation) of one version, in the benchmark's order."""
        return [(each.ids[version], each) for each in self.recommendations if version in each.ids]

    def find(self, version: str, id: str) -> Recommendation | None:
        return next((each for each in self.recommendations if each.ids.get(version) == id), None)

    def is_retired(self, recommendation: Recommendation) -> bool:
        """Did the newest version drop it?"""
        return bool(self.versions) and self.versions[-1] not in recommendation.ids


@cache
def benchmark(name: str) -> Benchmark:
    """The catalogue of this name, read when first asked for. Raises KeyError for a name that is not in BENCHMARKS."""
    if name not in BENCHMARKS:
        raise KeyError(name)
    return msgspec.json.decode(Path(__file__).with_name(f"{name}.json").read_bytes(), type=Benchmark)


def recommendation_of(reference: Reference) -> Recommendation | None:
    """What a reference points to; None where the catalogue has no such benchmark, version or id."""
    if reference.benchmark not in BENCHMARKS:
        return None
    return benchmark(reference.benchmark).find(reference.version, reference.id)


__all__ = ["BENCHMARKS", "Benchmark", "Recommendation", "benchmark", "recommendation_of"]
