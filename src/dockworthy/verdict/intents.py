"""For which intents the answer would be yes, and which single change of the intent would change it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import structs

from ..model.policy import Availability, Code, Data, Exposure, Intent
from ..model.result import Answer

_AXES: dict[str, tuple[StrEnum, ...]] = {
    "data": tuple(Data),
    "code": tuple(Code),
    "exposure": tuple(Exposure),
    "availability": tuple(Availability),
}
"""Each from the easiest to the most demanding."""

_GOOD = (Answer.YES, Answer.ACCEPTED)

AnswerFor = Callable[[Intent], Answer]


def yes_for(answer_for: AnswerFor, most: int = 3) -> tuple[str, ...]:
    """The most demanding intents that would be answered with yes, as sentences."""
    good = [ranks for ranks in _all_ranks() if answer_for(_intent(ranks)) in _GOOD]
    hardest = [ranks for ranks in good if not any(_harder(other, ranks) for other in good)]
    return tuple(in_words(_intent(ranks)) for ranks in sorted(hardest, key=sum, reverse=True)[:most])


def changes(intent: Intent, answer_for: AnswerFor) -> tuple[str, ...]:
    """Single answers of the intent that would turn the verdict, as sentences."""
    now = answer_for(intent)
    found = []
    for axis, values in _AXES.items():
        for value in values:
            other = answer_for(structs.replace(intent, **{axis: value}))
            if other is not now:
                found.append(f"with `{axis}: {value}` the answer would be {other.value.replace('_', ' ')}")
    return tuple(found)


def in_words(intent: Intent) -> str:
    """`precious data, own code, open to the internet, zero-downtime`."""
    reach = {Exposure.PRIVATE: "private", Exposure.INTERNAL: "internal", Exposure.INTERNET: "open to the internet"}
    parts = [
        f"{intent.data} data" if intent.data is not Data.NONE else "no data",
        f"{intent.code} code",
        reach[intent.exposure] if intent.exposure else "",
        f"{intent.availability}",
    ]
    return ", ".join(part for part in parts if part)


def _all_ranks() -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(len(values)) for values in _AXES.values()))


def _intent(ranks: tuple[int, ...]) -> Intent:
    stated = {axis: values[rank] for (axis, values), rank in zip(_AXES.items(), ranks, strict=True)}
    return structs.replace(Intent(), **stated)


def _harder(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))
