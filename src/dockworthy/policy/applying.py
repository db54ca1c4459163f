"""What the policy makes of findings on files: exceptions, also by comment, and levels of single subjects."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence

from ..model.allowance import Allowance
from ..model.finding import Finding
from ..model.levels import Level
from ..model.policy import CommentsMean, Policy, UnknownMeans, sources_of
from ..model.written import Written
from .comments import acceptances_of
from .exceptions import Acceptance, apply_exceptions, written_in


def notes_on_levels(policy: Policy, level: Level, names: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """`names`: those that each judged subject goes by. Lower or higher is said, and so is a name that nobody has."""
    known = {name for subject in names for name in subject}
    places = sources_of(policy).levels
    for name, own in policy.levels.items():
        place = places.get(name)
        where = "dockworthy.yaml" if place is None else f"{place.where}:{place.line}"
        if name not in known:
            yield f"{where}: policy.levels: nothing that was judged is called {name!r}"
        elif own is not level:
            way = "lower" if level.includes(own) else "higher"
            yield f"{name} is held to level {own.value}, {way} than the rest ({where})"


def acceptances(policy: Policy, written: Written, allowances: Sequence[Allowance]) -> tuple[Acceptance, ...]:
    """Every exception that counts: comments only where the policy lets them."""
    if policy.comments is CommentsMean.REFUSE:
        return written_in(policy)
    return (*written_in(policy), *acceptances_of(allowances, written))


def apply_policy(
    findings: Iterable[Finding],
    policy: Policy,
    written: Written,
    allowances: Sequence[Allowance],
    *,
    level: Level,
    today: datetime.date,
    controls: Collection[str],
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings as the policy weighs them, and what a reader must know of it. `controls`: every id there is."""
    weighed, notes = apply_exceptions(
        findings,
        acceptances(policy, written, allowances),
        today=today,
        controls=controls,
        of_unknown=policy.unknown is UnknownMeans.FAIL,
    )
    names = ((unit.name, unit.id) for unit in written.units)
    others = ((id,) for id in written.files_of_subjects())
    return weighed, (*_refused(policy, allowances), *notes, *notes_on_levels(policy, level, (*names, *others)))


def _refused(policy: Policy, allowances: Sequence[Allowance]) -> list[str]:
    if policy.comments is not CommentsMean.REFUSE:
        return []
    place = sources_of(policy).comments
    where = "dockworthy.yaml" if place is None else f"{place.where}:{place.line}"
    return [
        f"{each.source.where}:{each.source.line}: the comment accepts nothing: {where} refuses exceptions by comment"
        for each in allowances
    ]
