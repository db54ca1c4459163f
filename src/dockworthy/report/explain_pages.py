"""Explanations for people at a terminal. (The Markdown of a control is its reference page: control_page.py.)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from ..model.benchmarks import benchmark, recommendation_of
from ..model.control import Control
from ..model.demands import DEMANDS
from ..model.finding import Reference
from .decision import ControlDecision
from .explanation import ExampleOut, Explanation, explanation_of
from .sheet import Sheet

EXAMPLES_SHOWN = 2
"""Of one kind; Markdown and JSON have them all."""

_DECIDED = 10
"""Where the text of a decision begins."""

_TITLES = {"good": "Satisfies it", "bad": "Does not", "unclear": "Can't be told"}


def render_explanation(control: Control, *, width: int = 80, colour: bool = False) -> str:
    """The text of `dockworthy explain CONTROL`."""
    explained = explanation_of(control)
    sheet = Sheet(width=width, colour=colour)
    sheet.line(explained.title, style="heading")
    sheet.line(f"{explained.control} - {_standing(explained)}", style="quiet")
    if control.rule:
        sheet.heading("The rule: it fails where this is true")
        sheet.verbatim("", control.rule, column=2)
        sheet.line(f"written in {control.rule_at}", indent=2, style="quiet")
    for title, text in _sections(explained):
        sheet.heading(title)
        sheet.line(text, indent=2)
    if explained.check_yourself:
        sheet.heading("How to check it yourself")
        sheet.verbatim("", explained.check_yourself, column=2)
    if control.references:
        sheet.heading("Who asks for it")
    for reference in control.references:
        sheet.point(_reference(reference))
    for is_, title in _TITLES.items():
        _write_examples(sheet, title, [example for example in explained.examples if example.is_ == is_])
    return str(sheet)


def render_decisions(found: Iterable[ControlDecision], *, width: int = 80, colour: bool = False) -> str:
    """The text of `dockworthy explain CONTROL PATH`."""
    sheet = Sheet(width=width, colour=colour)
    for decision in found:
        style = {"fail": "bad", "pass": "good"}.get(decision.outcome, "open")
        words = decision.outcome.replace("_", " ")
        sheet.blank()
        sheet.entry(words, f"{decision.subject}: {decision.title}", column=len(words) + 2, label_style=style)
        sheet.line(decision.control, indent=2, style="quiet")
        if decision.rule:
            sheet.entry("rule", decision.rule, indent=2, column=_DECIDED)
        sheet.entry("level", decision.level, indent=2, column=_DECIDED)
        for number, fact in enumerate(decision.facts):
            label = "fact" if number == 0 else ""
            sheet.entry(label, f"{fact.says}{f' [{fact.where}]' if fact.where else ''}", indent=2, column=_DECIDED)
            if fact.text is not None:
                sheet.verbatim("", fact.text.strip(), column=_DECIDED + 2)
        for label, says in (("policy", decision.policy), ("change", decision.change)):
            for number, line in enumerate(says):
                sheet.entry(label if number == 0 else "", line, indent=2, column=_DECIDED)
    return str(sheet)


def render_control_list(controls: Mapping[str, Control], *, width: int = 80, colour: bool = False) -> str:
    """Every control with its title, chapter by chapter."""
    sheet = Sheet(width=width, colour=colour)
    column = 4 + max((len(id) for id in controls), default=0)
    chapter = ""
    for control in controls.values():
        if control.id.partition("/")[0] != chapter:
            chapter = control.id.partition("/")[0]
            sheet.heading(chapter)
        style = control.severity.value
        if column > sheet.width // 2:
            sheet.line(control.id, indent=2, style=style)
            sheet.line(control.title, indent=4)
        else:
            sheet.entry(control.id, control.title, indent=2, column=column, label_style=style)
    return str(sheet)


_SUBJECTS = {"unit": "container, service or pod", "machine": "machine as a whole", "cluster": "swarm"}


def _standing(explained: Explanation) -> str:
    """`critical, asked from level baseline on, of every unit on kubernetes since v1.19`."""
    subject = _SUBJECTS.get(explained.subject, explained.subject)
    words = f"{explained.severity.value}, asked from level {explained.level.value} on, judges each {subject}"
    if explained.platforms is not UNSET:
        words += f" on {', '.join(explained.platforms)}"
    if explained.since is not UNSET:
        words += f", in the Pod Security Standards since {explained.since}"
    return words


def _sections(explained: Explanation) -> Iterable[tuple[str, str]]:
    yield "Why", explained.why
    yield "How to satisfy it", explained.remedy.says
    if explained.remedy.command:
        yield "The command for it", explained.remedy.command
    if explained.remedy.costs:
        yield "What that costs", explained.remedy.costs
    yield "The demand behind it", f"{explained.demand_says or explained.demand} ({explained.demand})"
    if explained.also_for:
        yield "It counts for", "; ".join(f"{DEMANDS.get(demand, demand)} ({demand})" for demand in explained.also_for)
    if explained.replaces:
        yield "Stricter than", ", ".join(explained.replaces)


def _reference(reference: Reference) -> str:
    """With the recommendation in our words, where the benchmark's catalogue has it."""
    recommendation = recommendation_of(reference)
    title = benchmark(reference.benchmark).title if recommendation is not None else reference.benchmark
    words = f": {recommendation.title}" if recommendation is not None else ""
    retired = " (retired by a later version)" if reference.retired else ""
    return f"{title} {reference.version}, {reference.id}{words}{retired}"


def _write_examples(sheet: Sheet, title: str, examples: list[ExampleOut]) -> None:
    if examples:
        sheet.heading(title)
    for example in examples[:EXAMPLES_SHOWN]:
        sheet.line(f"{example.syntax}:", indent=2, style="quiet")
        for line in example.text.split("\n"):
            sheet.verbatim("", line, column=4)
