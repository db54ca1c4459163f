"""The policy that counts, after all that it extends: each part with the place where it was written."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from itertools import zip_longest

from msgspec import Struct

from ..model.control_ids import id_of_today, replacement
from ..model.field import Source
from ..model.levels import Level
from ..model.policy import Policy, PolicySources, UnknownMeans, sources_of
from .as_json import TOOL, encode
from .document import ToolOut
from .sheet import Sheet

Hide = Callable[[str], str]


class PartOut(Struct, frozen=True):
    """A part in words, and where it was written; null for what holds where nobody wrote anything."""

    part: str
    says: str
    where: str | None


class PolicyDocument(Struct, frozen=True):
    """What `policy show --format json` prints."""

    schema: int
    tool: ToolOut
    files: tuple[str, ...]
    parts: tuple[PartOut, ...]


def policy_json(policy: Policy, *, today: datetime.date, hide: Hide = str) -> bytes:
    """For programs. `hide` takes secrets out of a command."""
    return encode(PolicyDocument(1, TOOL, sources_of(policy).files, tuple(_parts(policy, today, hide))))


def render_policy(
    policy: Policy, *, today: datetime.date, width: int = 80, colour: bool = False, hide: Hide = str
) -> str:
    """A section a kind of part."""
    sheet = Sheet(width=width, colour=colour)
    files = sources_of(policy).files
    sheet.line(f"Read: {', then '.join(files)}." if files else "No dockworthy.yaml, here or above.")
    title = ""
    for part in _parts(policy, today, hide):
        if part.part != title:
            title = part.part
            sheet.heading(title)
        sheet.line(part.says, indent=2)
        sheet.line(part.where or "where nobody says otherwise", indent=4, style="quiet")
    return str(sheet)


def _parts(policy: Policy, today: datetime.date, hide: Hide) -> list[PartOut]:
    sources = sources_of(policy)
    unknown = policy.unknown or UnknownMeans.ACCEPT
    meant = "fails it" if unknown is UnknownMeans.FAIL else "is listed, and no reason against it"
    comments = "count" if policy.comments is None or policy.comments.value == "accept" else "are refused"
    parts = [
        PartOut("Level", (policy.level or Level.PRODUCTION).value, _where(sources.level)),
        *(PartOut("Levels of single subjects", f"{n}: {own.value}", _where(sources.levels.get(n)))
          for n, own in policy.levels.items()),
        PartOut("What a file can't tell", meant, _where(sources.unknown)),
        PartOut("Exceptions by comment", comments, _where(sources.comments)),
    ]  # fmt: skip
    parts += _before_deploy(policy, sources, hide)
    for rule, place in zip(policy.rules, sources.rules, strict=True):
        parts.append(PartOut("Rules", f"{rule.id} ({rule.severity.value}): {rule.says}", _where(place)))
    for each, place in zip(policy.exceptions, sources.exceptions, strict=True):
        until = f"until {each.expires}" if each.expires >= today else f"expired on {each.expires}"
        says = f"{_named(each.control)} on {each.subject}, {until}, {each.owner}: {each.reason}"
        parts.append(PartOut("Exceptions", says, _where(place)))
    return parts


def _before_deploy(policy: Policy, sources: PolicySources, hide: Hide) -> Iterator[PartOut]:
    before, title = policy.before_deploy, "Before a deploy"
    if before.host is not None:
        yield PartOut(title, f"the host is fit for production at level {before.host}", _where(sources.host))
    for signed, place in zip_longest(before.signatures, sources.signatures):
        of = f"signed by the key of {' or '.join(signed.keys)}: {', '.join(signed.images)}"
        yield PartOut(title, of, _where(place))
    for test, place in zip_longest(before.all_tests, sources.tests):
        yield PartOut(title, f"passes within {test.within}: {hide(test.shown)}", _where(place))


def _named(control: str) -> str:
    """A control as it was written, and what became of its id since."""
    now, instead = id_of_today(control), replacement(control)
    if now != control:
        return f"{control} (called {now} now)"
    return f"{control} (no control any more: {instead})" if instead else control


def _where(source: Source | None) -> str | None:
    if source is None:
        return None
    return source.where if source.line is None else f"{source.where}:{source.line}"
