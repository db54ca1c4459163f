"""The benchmarks as Markdown: each recommendation -> the control that answers it, or why a machine can't."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model.benchmarks import BENCHMARKS, Benchmark, Recommendation, benchmark, recommendation_of
from ..model.control import Control
from ..model.finding import Reference
from .markdown import GENERATED, table


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


NOT_ANSWERED = "**not answered yet**"

_INTRODUCTION = """\
Each recommendation of the benchmarks, and the control that answers it. Where there is none, the reason why a machine
can't answer it; where there is a control and a reason, the reason tells what is left to people. The ids are the
benchmarks' own, the words are ours: read the benchmarks themselves for theirs."""


def benchmark_table(controls: Iterable[Control]) -> str:
    """The whole page. Its links lead from `docs/benchmarks/` to `docs/controls/`."""
    controls = tuple(controls)
    answers = Answers(controls)
    sections = [
        f"# Benchmarks\n\n{GENERATED}\n\n{_INTRODUCTION}",
        _open_questions(unanswered(controls)),
        *(_of_version(benchmark("cis-docker"), version, answers) for version in benchmark("cis-docker").versions),
        _of_version(benchmark("nist-sp-800-190"), "2017", answers),
        _of_version(benchmark("owasp-docker"), "2018", answers),
        _of_pod_security_standards(answers),
    ]
    return "\n\n".join(sections) + "\n"


def _open_questions(names: Sequence[str]) -> str:
    if not names:
        return "Not answered yet: none."
    return f"Not answered yet: {len(names)} ({', '.join(names)})."


def _of_version(catalogue: Benchmark, version: str, answers: Answers) -> str:
    rows = [
        (id, _title(each), *_assessment(each, version), _answer(catalogue, each, answers))
        for id, each in catalogue.in_version(version)
    ]
    assessed = ("Profile", "The benchmark calls it") if any(each.profile for each in catalogue.recommendations) else ()
    head = ("Id", "Recommendation, in our words", *assessed, "Answered by")
    count = _count(catalogue, [each for _, each in catalogue.in_version(version)], answers)
    return f"## {catalogue.title}, {version}\n\n{count}\n\n{table(head, rows)}"


def _of_pod_security_standards(answers: Answers) -> str:
    catalogue = benchmark("pss")
    rows = [
        (id, _title(each), "baseline" if each.profile == 1 else "restricted", since, _answer(catalogue, each, answers))
        for each in catalogue.recommendations
        for since, id in each.ids.items()
    ]
    head = ("Check", "Recommendation, in our words", "Level", "Since", "Answered by")
    count = _count(catalogue, catalogue.recommendations, answers)
    return f"## {catalogue.title}\n\n{count}\n\n{table(head, rows)}"


def _count(catalogue: Benchmark, recommendations: Sequence[Recommendation], answers: Answers) -> str:
    by_controls = [each for each in recommendations if answers.to(catalogue, each)]
    by_people = [each for each in recommendations if each.why_not and each not in by_controls]
    open_ = len(recommendations) - len(by_controls) - len(by_people)
    return (
        f"{len(recommendations)} recommendations: {len(by_controls)} answered by controls, "
        f"{len(by_people)} a machine can't answer, {open_} not answered yet."
    )


def _title(recommendation: Recommendation) -> str:
    if not recommendation.obsolete:
        return recommendation.title
    return f"{recommendation.title} (obsolete: {recommendation.obsolete})"


def _assessment(recommendation: Recommendation, version: str) -> tuple[str, ...]:
    """Profile, and whether the benchmark calls it automated; nothing for benchmarks without profiles."""
    if recommendation.profile is None:
        return ()
    return str(recommendation.profile), "automated" if version in recommendation.automated else "manual"


def _answer(catalogue: Benchmark, recommendation: Recommendation, answers: Answers) -> str:
    links = ", ".join(
        f"[{control.id}](../controls/{control.id}.md)" for control in answers.to(catalogue, recommendation)
    )
    return "; ".join(part for part in (links, recommendation.why_not) if part) or NOT_ANSWERED
