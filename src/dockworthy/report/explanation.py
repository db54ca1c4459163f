"""One control explained: what it asks, why, how to satisfy it and at what cost, and which benchmarks say so."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping

from msgspec import UNSET, Struct, UnsetType

from ..errors import UsageError
from ..model.control import Control, Example, Examples
from ..model.control_ids import RETIRED, id_of_today, no_such_control, replacement
from ..model.control_index import FORMER
from ..model.demands import DEMANDS
from ..model.levels import Level, Severity
from .as_json import TOOL
from .document import ReferenceOut, RemedyOut, ToolOut


class ExampleOut(Struct, frozen=True, rename={"is_": "is"}):
    """A piece of source text, in the syntax it is named after, and what the control says of it."""

    is_: str
    syntax: str
    text: str


class Explanation(Struct, frozen=True):
    """All there is to know about a control."""

    control: str
    title: str
    why: str
    subject: str
    severity: Severity
    level: Level
    demand: str
    demand_says: str
    remedy: RemedyOut
    check_yourself: str | None
    references: tuple[ReferenceOut, ...]
    examples: tuple[ExampleOut, ...]
    replaces: tuple[str, ...]
    also_for: tuple[str, ...]
    platforms: tuple[str, ...] | UnsetType = UNSET
    since: str | UnsetType = UNSET


class ExplanationDocument(Struct, frozen=True):
    """What `explain --format json` prints."""

    schema: int
    tool: ToolOut
    explanations: tuple[Explanation, ...]


def explanation_of(control: Control) -> Explanation:
    """The control in plain words and text."""
    remedy = control.remedy
    return Explanation(
        control=control.id,
        title=control.title,
        why=control.rationale,
        subject=control.subject.value,
        severity=control.severity,
        level=control.level,
        demand=control.demand,
        demand_says=DEMANDS.get(control.demand, ""),
        remedy=RemedyOut(remedy.says, remedy.command or None, remedy.costs or None),
        check_yourself=control.check_yourself.replace("{name}", "NAME") or None,
        references=tuple(ReferenceOut(r.benchmark, r.version, r.id, r.retired or UNSET) for r in control.references),
        examples=(
            *_examples("good", control.good),
            *_examples("bad", control.bad),
            *_examples("unclear", control.unclear),
        ),
        replaces=control.stricter_than,
        also_for=control.also_for,
        platforms=tuple(sorted(control.platforms)) if control.platforms is not None else UNSET,
        since=str(control.since) if control.since is not None else UNSET,
    )


def explanations_document(controls: Iterable[Control]) -> ExplanationDocument:
    """Explanations as other programs read them."""
    return ExplanationDocument(1, TOOL, tuple(explanation_of(control) for control in controls))


def find_control(id: str, controls: Mapping[str, Control]) -> Control:
    """The control of that id, of one that it had before, or of that name alone where only one has it.

    Raises UsageError where there is none: with what has replaced one that was retired, else with the nearest ids.
    """
    wanted = id.strip().strip("/").lower().replace("_", "-")
    meant = _meant(wanted, controls)
    today = id_of_today(meant)
    if today in controls:
        return controls[today]
    if replacement(meant):
        raise UsageError(no_such_control(meant), hint=_LIST)
    nearest = _named(wanted, controls) or _nearest(wanted, controls)
    asks = f"did you mean {' or '.join(nearest)}? " if nearest else ""
    raise UsageError(f"there is no control {id!r}", hint=asks + _LIST)


def _meant(wanted: str, controls: Iterable[str]) -> str:
    """For a name alone the one id that ends with it, of today or else of before; anything else as it is."""
    alike = _named(wanted, controls) or _named(wanted, (*FORMER, *RETIRED))
    return alike[0] if len(alike) == 1 else wanted


def _named(name: str, ids: Iterable[str]) -> list[str]:
    return [id for id in ids if id.partition("/")[2] == name]


_LIST = "`dockworthy explain` alone lists every control"


def _nearest(wanted: str, ids: Iterable[str]) -> list[str]:
    """At most three ids: what is spelled like them, as a whole or behind the chapter, then what holds the word."""
    ids = list(ids)
    spelled = difflib.get_close_matches(wanted, ids, n=3)
    names = difflib.get_close_matches(wanted.rpartition("/")[2], [id.partition("/")[2] for id in ids], n=3)
    named = [id for id in ids if id.partition("/")[2] in names]
    holding = [id for id in ids if len(wanted) > 2 and wanted in id]
    return list(dict.fromkeys([*spelled, *named, *holding]))[:3]


def _examples(is_: str, examples: Examples) -> Iterable[ExampleOut]:
    for syntax, given in examples.items():
        for example in given if isinstance(given, list) else [given]:
            yield ExampleOut(is_, syntax, _text(example).strip("\n"))


def _text(example: Example) -> str:
    """On one line where it is short enough to be read there."""
    if isinstance(example, str):
        return example
    line = json.dumps(example, ensure_ascii=False, default=repr)
    return line if len(line) <= 100 else json.dumps(example, indent=2, ensure_ascii=False, default=repr)
