"""Computes an expression in three values: true, false, and not known (a `NotKnown` with its reasons).

A gap stays a gap wherever the answer depends on it, and only there: `false && gap` is false, `exists` is true where one
entry is known to fit, whatever is unknown about the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import library
from .nodes import And, Choice, Computed, Has, Index, Macro, Name, Node, Or, Select, Size
from .outcomes import Items, Known, NotKnown, Outcome, Reason, Use, together, truth
from .reading import entry_at, field_of, key_of, plain

Body = Callable[[Node, Outcome], Outcome]


def run_macro(node: Macro, of: Known, items: Items, body: Body) -> Outcome:
    """`of` is the list's own outcome, `body` computes a node for an entry."""
    if node.name in ("all", "exists"):
        return _decided(node, of, items, body, deciding=node.name == "exists")
    if node.name == "exists_one":
        return _one(node, of, items, body)
    if node.name == "filter":
        return _kept(node.body, of, items, body)
    return _mapped(node, of, items, body)


def _decided(node: Macro, of: Known, items: Items, body: Body, *, deciding: bool) -> Outcome:
    gaps: list[NotKnown] = []
    uses: tuple[Use, ...] = of.uses
    for entry in items.entries:
        outcome = truth(body(node.body, entry))
        if isinstance(outcome, NotKnown):
            gaps.append(outcome)
        elif outcome.value is deciding:
            return outcome
        else:
            uses += outcome.uses
    if items.rest is not None:
        gaps.append(items.rest)
    if gaps:
        return together(*gaps)
    return Known(not deciding, uses or _empty(of, items))


def _empty(of: Known, items: Items) -> tuple[Use, ...]:
    return (Use(f"size of {of.path}", len(items.entries), of.source),) if of.path else ()


def _one(node: Macro, of: Known, items: Items, body: Body) -> Outcome:
    kept = _kept(node.body, of, items, body)
    if isinstance(kept, NotKnown):
        return kept
    return Known(len(kept.value.entries) == 1, kept.uses)


def _kept(condition: Node, of: Known, items: Items, body: Body) -> Outcome:
    """The entries that fit. One of which that is not known leaves the whole list unknown."""
    entries: list[Known | NotKnown] = []
    gaps = [] if items.rest is None else [items.rest]
    uses: tuple[Use, ...] = of.uses
    for entry in items.entries:
        fits = truth(body(condition, entry))
        if isinstance(fits, NotKnown):
            gaps.append(fits)
            continue
        uses += fits.uses
        if fits.value:
            entries.append(entry)
    return together(*gaps) if gaps else Known(Items(tuple(entries)), uses, path=of.path, source=of.source)


def _mapped(node: Macro, of: Known, items: Items, body: Body) -> Outcome:
    kept = _kept(node.keep, of, items, body) if node.keep is not None else Known(items, of.uses)
    if isinstance(kept, NotKnown):
        return kept
    known: Items = kept.value
    made = tuple(body(node.body, entry) for entry in known.entries)
    uses = kept.uses + tuple(use for outcome in made if isinstance(outcome, Known) for use in outcome.uses)
    return Known(Items(made, known.rest), uses)


MOST_STEPS = 100_000
"""Entries of lists that one evaluation looks at; nested macros multiply."""


class ExpressionTooLarge(Exception):
    """The expression goes through more than it may."""


class Evaluation:
    """The variables, and how many entries were looked at."""

    __slots__ = ("names", "steps")

    def __init__(self, names: dict[str, Outcome], steps: int = 0) -> None:
        self.names = names
        self.steps = steps

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ExpressionTooLarge


def evaluate(root: Node, names: Mapping[str, Outcome]) -> Outcome:
    """`Known(True)`, `Known(False)` or a `NotKnown`: also where the answer is no truth value, or takes too long."""
    try:
        return truth(_value(root, Evaluation(dict(names))))
    except ExpressionTooLarge:
        return NotKnown(Reason(f"the rule goes through more than {MOST_STEPS:,} entries"))


def _value(node: Node, given: Evaluation) -> Outcome:
    return _HOW[type(node)](node, given)


def _name(node: Name, given: Evaluation) -> Outcome:
    return given.names[node.name]


def _select(node: Select, given: Evaluation) -> Outcome:
    of = _value(node.of, given)
    return of if isinstance(of, NotKnown) else field_of(of, node.name)


def _index(node: Index, given: Evaluation) -> Outcome:
    of, at = _value(node.of, given), _value(node.at, given)
    gaps = [each for each in (of, at) if isinstance(each, NotKnown)]
    if gaps:
        return together(*gaps)
    assert isinstance(of, Known) and isinstance(at, Known)
    return key_of(of, at) if isinstance(of.value, dict) else entry_at(of, at)


def _has(node: Has, given: Evaluation) -> Outcome:
    """What nobody wrote is not there; whether something is there that could not be seen is not known."""
    of = _value(node.select.of, given)
    if isinstance(of, NotKnown):
        return Known(False) if of.is_unset else of
    found = field_of(of, node.select.name)
    if isinstance(found, Known):
        return Known(True, found.uses or _use(found))
    if not found.is_unset:
        return found
    return Known(False, (Use(found.path, None, found.reasons[0].source),))


def _use(known: Known) -> tuple[Use, ...]:
    return (Use(known.path, known.value, known.source),) if known.path else ()


def _size(node: Size, given: Evaluation) -> Outcome:
    of = _value(node.of, given)
    if isinstance(of, NotKnown):
        return of
    value = of.value
    if isinstance(value, Items):
        return value.rest or Known(
            len(value.entries), of.uses or ((Use(f"size of {of.path}", len(value.entries), of.source),))
        )
    if isinstance(value, str | bytes | dict):
        return Known(len(value), of.uses)
    return NotKnown(Reason(f"{of.path or 'that'} has no size", of.source))


def _and(node: And, given: Evaluation) -> Outcome:
    return _weighed(node.parts, given, deciding=False)


def _or(node: Or, given: Evaluation) -> Outcome:
    return _weighed(node.parts, given, deciding=True)


def _weighed(parts: tuple[Node, ...], given: Evaluation, *, deciding: bool) -> Outcome:
    """One part with the deciding value is the answer; else a gap of any part; else the other value."""
    gaps: list[NotKnown] = []
    uses: tuple[Use, ...] = ()
    for part in parts:
        outcome = truth(_value(part, given))
        if isinstance(outcome, NotKnown):
            gaps.append(outcome)
        elif outcome.value is deciding:
            return outcome
        else:
            uses += outcome.uses
    return together(*gaps) if gaps else Known(not deciding, uses)


def _choice(node: Choice, given: Evaluation) -> Outcome:
    condition = truth(_value(node.if_, given))
    if isinstance(condition, NotKnown):
        return condition
    chosen = _value(node.then if condition.value else node.other, given)
    if isinstance(chosen, NotKnown):
        return chosen
    return Known(chosen.value, condition.uses + chosen.uses, path=chosen.path, source=chosen.source)


def _computed(node: Computed, given: Evaluation) -> Outcome:
    """The library sees values that are known, or it is not asked."""
    values: dict[str, Any] = {}
    gaps: list[NotKnown] = []
    uses: tuple[Use, ...] = ()
    for number, hole in enumerate(node.holes):
        outcome = plain(_value(hole, given))
        if isinstance(outcome, NotKnown):
            gaps.append(outcome)
        else:
            values[f"v{number}"] = outcome.value
            uses += outcome.uses
    if gaps:
        return together(*gaps)
    try:
        value = library.run(node.program, values)
    except library.ComputeError as error:
        named = ", ".join(use.path for use in uses)
        return NotKnown(Reason(f"{named}: {error}" if named else str(error), uses[0].source if uses else None))
    return Known(_items(value) if isinstance(value, list) else value, uses)


def _items(values: list[Any]) -> Items:
    return Items(tuple(Known(_items(value) if isinstance(value, list) else value) for value in values))


def _macro(node: Macro, given: Evaluation) -> Outcome:

    of = _value(node.of, given)
    if isinstance(of, NotKnown):
        return of
    value = of.value
    if isinstance(value, dict):
        value = Items(tuple(Known(key, path=of.path, source=of.source) for key in value))
    if not isinstance(value, Items):
        return NotKnown(Reason(f"{of.path or 'that'} is no list", of.source))
    return run_macro(node, of, value, lambda body, entry: _with(node, body, entry, given))


def _with(node: Macro, body: Node, entry: Outcome, given: Evaluation) -> Outcome:
    given.step()
    inner = Evaluation({**given.names, node.variable: entry}, given.steps)
    outcome = _value(body, inner)
    given.steps = inner.steps
    return outcome


_HOW: dict[type, Callable[[Any, Evaluation], Outcome]] = {
    Name: _name,
    Select: _select,
    Index: _index,
    Has: _has,
    Size: _size,
    And: _and,
    Or: _or,
    Choice: _choice,
    Computed: _computed,
    Macro: _macro,
}
