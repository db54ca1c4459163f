"""Going through a list of which parts may be unknown: one entry can decide, whatever is unknown of the others."""

from __future__ import annotations

from collections.abc import Callable

from .nodes import Macro, Node
from .outcomes import Gap, Items, Known, Outcome, Use, together, truth

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
    gaps: list[Gap] = []
    uses: tuple[Use, ...] = of.uses
    for entry in items.entries:
        outcome = truth(body(node.body, entry))
        if isinstance(outcome, Gap):
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
    if isinstance(kept, Gap):
        return kept
    return Known(len(kept.value.entries) == 1, kept.uses)


def _kept(condition: Node, of: Known, items: Items, body: Body) -> Outcome:
    """The entries that fit. One of which that is not known leaves the whole list unknown."""
    entries: list[Known | Gap] = []
    gaps = [] if items.rest is None else [items.rest]
    uses: tuple[Use, ...] = of.uses
    for entry in items.entries:
        fits = truth(body(condition, entry))
        if isinstance(fits, Gap):
            gaps.append(fits)
            continue
        uses += fits.uses
        if fits.value:
            entries.append(entry)
    return together(*gaps) if gaps else Known(Items(tuple(entries)), uses, path=of.path, source=of.source)


def _mapped(node: Macro, of: Known, items: Items, body: Body) -> Outcome:
    kept = _kept(node.keep, of, items, body) if node.keep is not None else Known(items, of.uses)
    if isinstance(kept, Gap):
        return kept
    known: Items = kept.value
    made = tuple(body(node.body, entry) for entry in known.entries)
    uses = kept.uses + tuple(use for outcome in made if isinstance(outcome, Known) for use in outcome.uses)
    return Known(Items(made, known.rest), uses)
