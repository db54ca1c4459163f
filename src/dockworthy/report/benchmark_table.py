"""The benchmarks as Markdown: each recommendation -> the control that answers it, or why a machine can't."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model.benchmarks import Benchmark, Recommendation, benchmark
from ..model.control import Control
from .benchmark_answers import Answers, references_contradicting, references_unknown, unanswered
from .markdown import GENERATED, table

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


__all__ = ["NOT_ANSWERED", "benchmark_table", "references_contradicting", "references_unknown", "unanswered"]
