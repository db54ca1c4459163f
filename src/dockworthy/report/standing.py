"""`releases status` for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..model.release import Release
from ..model.rollout import ServiceStanding, UnseenNode
from .deploy import release_name, state_in_words
from .sheet import Sheet

_COLUMN = 15


def render_standing(
    release: Release,
    standing: Sequence[ServiceStanding],
    unfinished: Sequence[Release],
    unseen: Sequence[UnseenNode],
    *,
    width: int,
    colour: bool,
) -> str:
    sheet = Sheet(width=width, colour=colour)
    sheet.line(f"{release.project}, {release_name(release)} of {release.began} by {release.who}", style="heading")
    for each in standing:
        says = f"{each.serving} of {each.wanted} serve, {each.image}"
        sheet.entry(each.service, says, indent=1, column=_COLUMN, label_style="good" if each.is_good else "bad")
        if each.standby:
            sheet.entry("-", f"{each.standby}: `dockworthy rollback` brings it back in under 1 s",
                        indent=_COLUMN, column=_COLUMN + 2)  # fmt: skip
        for fault in each.faults:
            sheet.entry("-", fault, indent=_COLUMN, column=_COLUMN + 2)
    for begun in unfinished:
        sheet.entry("unfinished", f"{release_name(begun)} {state_in_words(begun)}: `dockworthy deploy` finishes it, "
                    "`dockworthy rollback` takes it back", indent=1, column=_COLUMN, label_style="bad")  # fmt: skip
    for says in unseen_in_words(unseen):
        sheet.entry("unknown", says, indent=1, column=_COLUMN, label_style="open")
    return str(sheet)


def unseen_in_words(unseen: Iterable[UnseenNode]) -> Iterator[str]:
    """One sentence for all nodes that nobody could ask for the same reason."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for each in unseen:
        by_reason.setdefault((each.why, each.hint), []).append(each.name)
    for (why, hint), names in by_reason.items():
        more = f" ({hint})" if hint else ""
        where = " and ".join(names)
        yield f"whether containers that no task of the swarm is for run on {where} is unknown: {why}{more}"
