"""A control as a page of the reference: what it asks, why, how to check it, how to satisfy it, who else says so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..model.benchmarks import benchmark, recommendation_of
from ..model.control import Control, Example, Examples
from ..model.control_ids import RETIRED, is_well_formed
from ..model.demands import DEMANDS
from ..model.finding import Reference
from .markdown import GENERATED, fence, table
from .repairs import KINDS

_SYNTAXES = {
    "compose": ("Compose file", "yaml"),
    "dockerfile": ("Dockerfile", "dockerfile"),
    "docker run": ("Command line", "sh"),
    "request": ("Create request (`POST /containers/create`)", "json"),
    "kubernetes": ("Kubernetes manifest", "yaml"),
    "marathon": ("Marathon app or pod", "yaml"),
    "titus": ("Titus job descriptor", "yaml"),
    "container": ("Container (`docker inspect`)", "json"),
    "running": ("Running container (`docker inspect`, its processes and changes)", "json"),
    "service": ("Swarm service (`docker service inspect`)", "json"),
    "daemon.json": ("daemon.json", "json"),
    "host": ("Files of the host", "text"),
    "policy": ("dockworthy.yaml before a change, and with it", "yaml"),
    "snapshot": ("Snapshot (`dockworthy facts`)", "json"),
}
"""Key of the examples -> its name for people, and the language of its blocks."""


def examples(control: Control) -> str:
    """`## Examples` with what fails, what passes and what stays unknown; empty where the control has none."""
    groups = [
        _group("Fails", control.bad),
        _group("Passes", control.good),
        _group("Stays unknown", control.unclear),
    ]
    shown = [group for group in groups if group]
    return "\n\n".join(["## Examples", *shown]) if shown else ""


def _group(heading: str, examples: Examples) -> str:
    blocks = [block for syntax, given in examples.items() for block in _of_syntax(syntax, given)]
    return "\n\n".join([f"### {heading}", *blocks]) if blocks else ""


def _of_syntax(syntax: str, given: Example | list[Example]) -> list[str]:
    name, language = _SYNTAXES.get(syntax, (syntax, "text"))
    several = given if isinstance(given, list) else [given]
    return [f"{name}:", *(_block(example, language) for example in several)]


def _block(example: Example, language: str) -> str:
    if isinstance(example, str):
        return fence(example, language)
    if language in ("text", "dockerfile"):
        return "\n\n".join(_file(path, content) for path, content in example.items())
    return fence(_json(example), language)


def _file(path: str, content: Any) -> str:
    if isinstance(content, str):
        return f"`{path}`:\n\n{fence(content, 'text')}"
    if isinstance(content, Mapping | list):
        return f"`{path}`:\n\n{fence(_json(content), 'json')}"
    return f"`{path}`: `{content!r}`"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=repr)


_BENCHMARKS_PAGE = "../../benchmarks/README.md"


def control_page(control: Control) -> str:
    """The whole page, for `docs/controls/<chapter>/<name>.md`."""
    sections = [
        f"# {control.title}\n\n{GENERATED}\n\n{_facts(control)}",
        f"## Why\n\n{control.rationale}",
        _check_yourself(control),
        _remedy(control),
        _repair(control),
        _references(control),
        examples(control),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def control_index(controls: Iterable[Control]) -> str:
    """The page that leads to all others, for `docs/controls/README.md`; a table a chapter, in the order given."""
    controls = tuple(controls)
    chapters: dict[str, list[Control]] = {}
    for control in controls:
        chapters.setdefault(control.id.partition("/")[0], []).append(control)
    sections = [
        f"# Controls\n\n{GENERATED}",
        f"{len(controls)} controls. Which recommendations of which benchmark they answer: [benchmarks]"
        "(../benchmarks/README.md).",
        *(f"## {chapter}\n\n{_chapter_table(members)}" for chapter, members in chapters.items()),
        *_of_before(controls),
    ]
    return "\n\n".join(sections) + "\n"


def _chapter_table(controls: Iterable[Control]) -> str:
    rows = [
        (
            f"[{control.id}]({control.id}.md)",
            control.title,
            control.level.value,
            control.severity.value,
            _demand(control.demand),
        )
        for control in controls
    ]
    return table(("Control", "Asks that", "From level", "Severity", "For the demand"), rows)


def _of_before(controls: Iterable[Control]) -> Iterator[str]:
    """Ids that older exceptions and results may name. (Every id there ever was: `ids.txt`.)"""
    renamed = [(f"`{old}`", f"[{each.id}]({each.id}.md)") for each in controls for old in each.aliases]
    if renamed:
        counts = "The old id counts wherever the new one does."
        yield f"## Renamed\n\n{counts}\n\n{table(('Before', 'Now'), renamed)}"
    retired = [
        (f"`{id}`", f"[{instead}]({instead}.md)" if is_well_formed(instead) else instead)
        for id, instead in RETIRED.items()
    ]
    if retired:
        yield f"## Retired\n\n{table(('Id', 'What has replaced it'), retired)}"


def _facts(control: Control) -> str:
    rows = [
        ("Id", f"`{control.id}`"),
        *([("Called before", ", ".join(f"`{old}`" for old in control.aliases))] if control.aliases else []),
        ("Asked from level", control.level.value),
        ("Severity", control.severity.value),
        ("For the demand", "; ".join(_demand(demand) for demand in (control.demand, *control.also_for))),
        ("Judges", control.subject.value),
    ]
    if control.platforms is not None:
        rows.append(("Only on", ", ".join(sorted(platform.value for platform in control.platforms))))
    if control.since is not None:
        rows.append(("Since", f"Pod Security Standards {control.since}"))
    if control.stricter_than:
        rows.append(("Stricter than", ", ".join(_link(id) for id in control.stricter_than)))
    return table(("", ""), rows)


def _demand(id: str) -> str:
    """An id without a sentence is shown as it is: the page of a control is no place to crash."""
    return f"{DEMANDS[id]} (`{id}`)" if id in DEMANDS else f"`{id}`"


def _link(id: str) -> str:
    """From one control's page to another's."""
    return f"[{id}](../{id}.md)"


def _check_yourself(control: Control) -> str:
    if not control.check_yourself:
        return ""
    stands = "\n\n`{name}` stands for the name of what is judged." if "{name}" in control.check_yourself else ""
    return f"## Check it yourself\n\n{fence(control.check_yourself, 'sh')}{stands}"


def _remedy(control: Control) -> str:
    remedy = control.remedy
    parts = [f"## Remedy\n\n{remedy.says}"]
    if remedy.command:
        parts.append(fence(remedy.command, "sh"))
    if remedy.costs:
        parts.append(f"What it costs: {remedy.costs}.")
    return "\n\n".join(parts)


def _repair(control: Control) -> str:
    fixes = control.fixes or control.build_fixes
    if not fixes:
        return ""
    points = []
    for fix in fixes:
        breaks = f" Might break: {fix.may_break}." if fix.may_break else ""
        points.append(f"- {KINDS[fix.kind]}: {fix.says}.{breaks}")
    file = "Compose file" if control.fixes else "Dockerfile"
    return f"## What `dockworthy fix` does in a {file}\n\n" + "\n".join(points)


def _references(control: Control) -> str:
    if not control.references:
        return ""
    rows = [(_benchmark_title(each), each.version, each.id, _recommendation(each)) for each in control.references]
    head = ("Benchmark", "Version", "Id", "Recommendation, in our words")
    return f"## Who else says so\n\n{table(head, rows)}\n\nAll of them: [benchmarks]({_BENCHMARKS_PAGE})."


def _benchmark_title(reference: Reference) -> str:
    return benchmark(reference.benchmark).title if recommendation_of(reference) else reference.benchmark


def _recommendation(reference: Reference) -> str:
    recommendation = recommendation_of(reference)
    notes = [recommendation.title if recommendation else "not in the catalogue"]
    if recommendation and recommendation.obsolete:
        notes.append(f"obsolete: {recommendation.obsolete}")
    if reference.retired:
        notes.append("retired by a later version")
    return "; ".join(notes)
