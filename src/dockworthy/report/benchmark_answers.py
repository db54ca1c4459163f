"""Which control answers which recommendation of a benchmark, and what is wrong with the references."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.benchmarks import BENCHMARKS, Benchmark, Recommendation, benchmark, recommendation_of
from ..model.control import Control
from ..model.finding import Reference


class Answers:
    """Recommendation -> the controls that answer it.

    A control that cites a recommendation in one version answers it in every version, under whatever id it has there.
    """

    def __init__(self, controls: Iterable[Control]) -> None:
        self._controls: dict[tuple[str, str, str], list[Control]] = {}
        for control in sorted(controls, key=lambda control: control.id):
            for key in _cited(control):
                self._controls.setdefault(key, []).append(control)

    def to(self, catalogue: Benchmark, recommendation: Recommendation) -> list[Control]:
        return self._controls.get(_key(catalogue.name, recommendation), [])


def unanswered(controls: Iterable[Control]) -> list[str]:
    """The recommendations with neither a control nor a reason why a machine can't tell: `cis-docker 1.8.0 5.5`."""
    answers = Answers(controls)
    return [
        _name(catalogue, recommendation)
        for catalogue in map(benchmark, BENCHMARKS)
        for recommendation in catalogue.recommendations
        if not recommendation.why_not and not answers.to(catalogue, recommendation)
    ]


def references_unknown(controls: Iterable[Control]) -> list[str]:
    """References to ids that the catalogue doesn't have: `workload/privileged: cis-docker 1.8.0 5.99`."""
    return [
        f"{control.id}: {_words(reference)}"
        for control in controls
        for reference in control.references
        if recommendation_of(reference) is None
    ]


def references_contradicting(controls: Iterable[Control]) -> list[str]:
    """References that name different recommendations in different versions of one benchmark.

    Numbers move from version to version. Who cites several versions must mean the same in each.
    """
    return [
        f"{control.id}: {_words(reference)} is another recommendation than the one cited in {version}"
        for control in controls
        for reference in control.references
        for version in _contradicted_by(control, reference)
    ]


def _contradicted_by(control: Control, reference: Reference) -> list[str]:
    """The versions that this control cites too, but where it does not cite the same recommendation."""
    recommendation = recommendation_of(reference)
    if recommendation is None:
        return []
    cited = [other for other in control.references if other.benchmark == reference.benchmark]
    versions = {other.version for other in cited if other.version in recommendation.ids}
    return sorted(
        version
        for version in versions
        if not any(other.version == version and other.id == recommendation.ids[version] for other in cited)
    )


def _cited(control: Control) -> set[tuple[str, str, str]]:
    pairs = ((reference.benchmark, recommendation_of(reference)) for reference in control.references)
    return {_key(name, recommendation) for name, recommendation in pairs if recommendation is not None}


def _key(name: str, recommendation: Recommendation) -> tuple[str, str, str]:
    """What tells a recommendation from every other: its oldest id."""
    version, id = next(iter(recommendation.ids.items()))
    return name, version, id


def _name(catalogue: Benchmark, recommendation: Recommendation) -> str:
    """It by its newest id."""
    version, id = list(recommendation.ids.items())[-1]
    return f"{catalogue.name} {version} {id}"


def _words(reference: Reference) -> str:
    return f"{reference.benchmark} {reference.version} {reference.id}"


__all__ = ["Answers", "references_contradicting", "references_unknown", "unanswered"]
