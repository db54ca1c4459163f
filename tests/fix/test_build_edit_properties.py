"""However a Dockerfile is laid out: a change means what was asked, other lines keep their bytes, twice is once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockworthy.errors import UsageError
from dockworthy.fix.build_edit import BuildReading, edit_build
from dockworthy.fix.build_edit import edited as edit_whole
from dockworthy.fix.refused import FixRefused
from dockworthy.model.build import Instruction
from dockworthy.model.build_change import (
    AppendCommand,
    BuildChange,
    JoinNext,
    PutInstruction,
    PutWords,
    Reword,
    TakeInstruction,
    TakeWord,
)
from dockworthy.model.fix import Edit
from effort import examples
from fix.build_layouts import dockerfiles
from fix.build_repairs import repaired

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(dockerfiles())
@settings(deadline=None, max_examples=examples(16), suppress_health_check=_SLOW)
def test_twice_is_once_and_other_lines_keep_their_bytes(text: str) -> None:
    done = repaired(text)
    again = repaired(done.text)
    assert again.text == done.text and not again.made
    named = [line for fix in done.made for line in fix.lines]
    assert bool(named) == (done.text != text)
    _others_stay(text, done.text, _ranges(text, named, joined=_joined(done.made)))


@given(dockerfiles(), st.data())
@settings(deadline=None, max_examples=examples(200), suppress_health_check=_SLOW)
def test_change_has_its_place_or_is_refused(text: str, choice: st.DataObject) -> None:
    instructions = BuildReading(text, "Dockerfile").instructions
    number = choice.draw(st.integers(1, len(instructions) - 1))
    change = choice.draw(st.sampled_from(list(_changes(instructions, number))))
    try:
        whole = edit_whole(text, [change], file="Dockerfile")
    except FixRefused as refused:
        assert refused.line is not None and refused.hint
        return
    edited = whole.text
    assert edited != text and _with_edits(text, whole.edits).removesuffix("\n") == edited.removesuffix("\n")
    assert text.endswith("\n") == edited.endswith("\n") or isinstance(change, TakeInstruction)
    assert edited.count("\r\n") == (edited.count("\n") if "\r\n" in text else 0)
    lines = [change.line, *([change.next] if isinstance(change, JoinNext) else [])]
    _others_stay(text, edited, _ranges(text, lines, joined=[tuple(lines)]))
    if isinstance(change, PutWords):
        words = _words(edited)
        assert words.count("zz-top") == _words(text).count("zz-top") + 1


@given(st.text(alphabet="FROMRUNAD:/abc[]{}<EOF>&|;'\"# \t\r\n\\`$-", max_size=120))
@settings(deadline=None, max_examples=examples(200))
def test_whatever_stands_there_is_edited_or_refused(text: str) -> None:
    for whole in (text, f"FROM a\nRUN {text}", f"FROM a\nRUN a <<E && {text}\nE\n", f"FROM a\nCMD {text}"):
        for change in (PutWords(2, 0, 1, ("zz-top",)), AppendCommand(2, ("zz-top",)), PutInstruction(1, "USER", "1")):
            try:
                edited = edit_build(whole, [change], file="Dockerfile")
            except UsageError:
                continue
            assert len(edited) > len(whole)


def _changes(instructions: Sequence[Instruction], number: int) -> Iterable[BuildChange]:
    one, line = instructions[number], instructions[number].first
    yield TakeInstruction(line)
    yield PutInstruction(line, "USER", "1:1")
    if one.keyword in ("ADD", "ENV"):
        yield Reword(line, keyword={"ADD": "COPY", "ENV": "LABEL"}[one.keyword])
    for at, command in enumerate(one.commands):
        yield PutWords(line, at, min(1, len(command.words)), ("zz-top",))
        yield PutWords(line, at, 0, ("zz-top",))
        yield TakeWord(line, at, 0)
    if one.keyword == "RUN":
        yield AppendCommand(line, ("rm", "-rf", "/x/*"))
    if number + 1 < len(instructions) and one.keyword == instructions[number + 1].keyword == "RUN":
        yield JoinNext(line, instructions[number + 1].first)


def _with_edits(text: str, edits: Sequence[Edit]) -> str:
    """As an editor makes them."""
    lines = text.splitlines(keepends=True)
    for edit in reversed(edits):
        lines[edit.first - 1 : edit.last] = [edit.text]
    return "".join(lines)


def _words(text: str) -> list[str]:
    return [w for i in BuildReading(text, "Dockerfile").instructions for c in i.commands for w in c.words]


def _joined(fixes: Iterable[object]) -> list[tuple[int, ...]]:
    return [fix.lines for fix in fixes if getattr(fix, "control", "") == "build/package-lists"]  # type: ignore[attr-defined]


def _ranges(text: str, lines: Iterable[int], *, joined: Iterable[tuple[int, ...]]) -> set[int]:
    """The lines of these instructions, and those between two that are joined."""
    wanted, found = set(lines), set()
    for instruction in BuildReading(text, "Dockerfile").instructions:
        if wanted & set(range(instruction.first, instruction.last + 1)):
            found |= set(range(instruction.first, instruction.last + 1))
    for pair in joined:
        found |= set(range(min(pair), max(pair) + 1))
    return found


def _others_stay(before: str, after: str, changed: set[int]) -> None:
    """Each line that was not to change stands in the new text, in the same order, byte for byte."""
    left = iter(after.split("\n"))
    for number, line in enumerate(before.split("\n"), 1):
        if number not in changed:
            assert any(line == other for other in left), f"line {number} is gone: {line!r}"
