"""Which backups stay: of the newest days, weeks and months that have one the newest, as restic's `forget` has it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from ..model.backup_settings import Keep

_SPANS: tuple[tuple[str, Callable[[datetime], tuple[int, ...]]], ...] = (
    ("daily", lambda at: (at.year, at.month, at.day)),
    ("weekly", lambda at: at.isocalendar()[:2]),
    ("monthly", lambda at: (at.year, at.month)),
)


def to_forget(taken: Mapping[str, str], keep: Keep, protected: Collection[str]) -> tuple[str, ...]:
    """The ids that may go, oldest first. `taken`: id -> when it was taken, RFC 3339; a day is one of the offset that is
    written there, and a week begins on Monday. `protected`: ids that stay whatever `keep` says, as that of what the
    last passed drill restored.

    As restic does: days, weeks and months without a backup do not count, and as long as there are fewer of them than
    are to be kept, the oldest backup stays. Otherwise than restic: the newest backup always stays, and one whose time
    can't be read.
    """
    times = {id: at for id, time in taken.items() if (at := _moment(time)) is not None}
    newest_first = sorted(times, key=lambda id: (times[id].timestamp(), id), reverse=True)
    staying = set(newest_first[:1]) | set(protected)
    for name, span_of in _SPANS:
        left: int = getattr(keep, name)
        last: tuple[int, ...] = ()
        for id in newest_first:
            if left and (span_of(times[id]) != last or id == newest_first[-1]):
                staying.add(id)
                last = span_of(times[id])
                left -= 1
    return tuple(id for id in reversed(newest_first) if id not in staying)


def _moment(time: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
