"""What is wrong with an expression, and where in it."""

from __future__ import annotations


class ExpressionError(Exception):
    """`offset` counts characters of the expression from 0; `hint` is what to write instead."""

    def __init__(self, says: str, offset: int, hint: str = "") -> None:
        super().__init__(says)
        self.says = says
        self.offset = offset
        self.hint = hint


def pointed(text: str, offset: int) -> tuple[str, str]:
    """The line of the expression that holds the offset, and a caret under the place; long lines are cut around it."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line, at = text[start : len(text) if end < 0 else end].replace("\t", " "), offset - start
    before, after = max(0, at - 50), at + 50
    shown = f"{'…' if before else ''}{line[before:after]}{'…' if len(line) > after else ''}"
    return shown, " " * (at - before + bool(before)) + "^"


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both from 1, inside the expression."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
