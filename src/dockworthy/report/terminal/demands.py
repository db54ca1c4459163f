"""One line for each demand of running Docker in production that the findings say something of."""

from __future__ import annotations

from ...model.demands import DEMANDS
from ...model.requirement import Need
from ...model.result import Answer, DemandAnswer, Result
from ..demands import spoken_of
from ..sheet import Sheet
from ..words import ANSWERS

_STYLES = {Answer.YES: "good", Answer.ACCEPTED: "good", Answer.NO: "bad", Answer.NOT_YET: "bad"}


def write_demands(sheet: Sheet, result: Result) -> None:
    """Numbers first, the words last: they may be long."""
    demands = spoken_of(result.demands)
    if not demands:
        return
    fails = _width("fail", [demand.fail for demand in demands])
    unseen = _width("unknown", [demand.unknown for demand in demands])
    sheet.blank()
    sheet.line(f"  {'Demands':<9} {'fail':>{fails}} {'unknown':>{unseen}}", style="heading")
    for demand in demands:
        numbers = f" {_number(demand.fail):>{fails}} {_number(demand.unknown):>{unseen}} "
        _write(sheet, demand, numbers)


def _write(sheet: Sheet, demand: DemandAnswer, numbers: str) -> None:
    label = f"{ANSWERS[demand.answer]:<9}"
    words = DEMANDS.get(demand.demand, demand.demand)
    if demand.need is not Need.REQUIRED:
        words = f"{words} ({demand.need.value.replace('_', ' ')})"
    column = 3 + len(label) + len(numbers)
    sheet.entry(label + numbers, words, indent=2, column=column, label_style=_STYLES.get(demand.answer, "open"))


def _width(title: str, numbers: list[int]) -> int:
    return max(len(title), *(len(str(number)) for number in numbers))


def _number(number: int) -> str:
    return str(number) if number else "-"
