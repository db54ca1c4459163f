"""What one policy asks that another does not: the ways in which a change makes a policy looser."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from ..model.control_ids import id_of_today
from ..model.field import Source
from ..model.levels import Level
from ..model.policy import CommentsMean, Policy, PolicyException, Rule, UnknownMeans, sources_of
from ..model.policy_change import Loosening, PolicyChange

_NO_POLICY = Policy()


def policy_change(before: Policy, now: Policy, *, file: str, since: str, today: datetime.date) -> PolicyChange | None:
    """What became of the policy in `file`; None where it says the same. An empty policy stands for none."""
    if _said(before) == _said(now):
        return None
    source = Source(file, line=1)
    found = tuple(Loosening(says, place or source) for says, place in _loosened(before, now, today))
    return PolicyChange(id=file, source=source, since=since, loosened=found)


def _said(policy: Policy) -> tuple[object, ...]:
    """All that a policy asks and accepts, without where it stands."""
    return (
        policy.level,
        policy.levels,
        policy.exceptions,
        policy.rules,
        policy.unknown,
        policy.comments,
        policy.before_deploy,
    )


def _loosened(before: Policy, now: Policy, today: datetime.date) -> Iterator[tuple[str, Source | None]]:
    yield from _levels(before, now)
    yield from _exceptions(before, now, today)
    yield from _rules(before, now)
    places = sources_of(now)
    if before.unknown is UnknownMeans.FAIL and now.unknown is not UnknownMeans.FAIL:
        yield "what can't be told fails no more (unknown: fail)", places.unknown
    if before.comments is CommentsMean.REFUSE and now.comments is not CommentsMean.REFUSE:
        yield "exceptions by comment count now (comments: refuse)", places.comments
    yield from _before_deploy(before, now)


def _level(policy: Policy) -> Level:
    return policy.level or Level.PRODUCTION


def _levels(before: Policy, now: Policy) -> Iterator[tuple[str, Source | None]]:
    places = sources_of(now)
    if not _level(now).includes(_level(before)):
        yield f"the level is {_level(now).value}, and was {_level(before).value}", places.level
    for name in {**before.levels, **now.levels}:
        was, level = before.levels.get(name, _level(before)), now.levels.get(name, _level(now))
        if not level.includes(was) and (name in now.levels or was is not _level(before)):
            yield f"{name} is held to level {level.value}, and was to {was.value}", places.levels.get(name)


def _exceptions(before: Policy, now: Policy, today: datetime.date) -> Iterator[tuple[str, Source | None]]:
    for exception, place in zip(now.exceptions, sources_of(now).exceptions, strict=True):
        if exception.expires < today:
            continue
        same = [each for each in before.exceptions if id_of_today(each.control) == id_of_today(exception.control)]
        covering = [each for each in same if each.subject in ("*", exception.subject)]
        if any(each.expires >= exception.expires for each in covering):
            continue
        name = f"the exception for {exception.control} on {exception.subject}"
        if covering:
            last = max(each.expires for each in covering)
            yield f"{name} counts until {exception.expires}, and did until {last}", place
        else:
            yield f"{name} is new, until {exception.expires}{_wider(exception, same)}", place


def _wider(exception: PolicyException, same: list[PolicyException]) -> str:
    subjects = ", ".join(sorted({each.subject for each in same}))
    return f" (it was for {subjects})" if same and exception.subject == "*" else ""


def _rules(before: Policy, now: Policy) -> Iterator[tuple[str, Source | None]]:
    there = {rule.id: (rule, place) for rule, place in zip(now.rules, sources_of(now).rules, strict=True)}
    for was in before.rules:
        if was.id not in there:
            yield f"the rule {was.id} is gone", None
            continue
        rule, place = there[was.id]
        if changed := ", ".join(_changed(was, rule)):
            yield f"the rule {was.id} is another one, and may ask less ({changed})", place


def _changed(was: Rule, rule: Rule) -> Iterator[str]:
    """What makes a difference to what it finds."""
    if was.when != rule.when:
        yield "when"
    if rule.severity.rank > was.severity.rank:
        yield f"severity {rule.severity.value}, was {was.severity.value}"
    if (rule.level or Level.BASELINE).rank > (was.level or Level.BASELINE).rank:
        yield "level"
    if rule.platforms and (not was.platforms or set(was.platforms) - set(rule.platforms)):
        yield "platforms"


def _before_deploy(before: Policy, now: Policy) -> Iterator[tuple[str, Source | None]]:
    was, asked, places = before.before_deploy, now.before_deploy, sources_of(now)
    if was.host is not None and (asked.host is None or not asked.host.includes(was.host)):
        yield f"before a deploy the host need not be {was.host.value} any more", places.host
    for signatures in was.signatures:
        if signatures not in asked.signatures:
            yield (
                f"before a deploy these signatures are not asked for as they were: {', '.join(signatures.images)}",
                None,
            )
    for test in was.tests:
        if test not in asked.tests:
            yield f"before a deploy this need not pass any more: {test}", None
