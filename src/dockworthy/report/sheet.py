"""A sheet of terminal text: lines, wrapped at a width, in styles where there is colour.

Everything written goes through `visible`, so nothing that came from a user's object can steer the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from .visible import visible


def columns(text: str) -> int:
    """The columns that the text takes."""
    if _is_narrow(text):
        return len(text)
    from rich.cells import cell_len  # with its tables of letters: most reports need none

    return cell_len(text)


def chopped(text: str, width: int) -> list[str]:
    """The text in pieces of at most `width` columns; none of an empty text."""
    if _is_narrow(text):
        return [text[start : start + width] for start in range(0, len(text), width)]
    from rich.cells import chop_cells

    return chop_cells(text, width)


def cropped(text: str, width: int) -> str:
    """What of a text that is longer fits into `width` columns; half a wide letter becomes a blank."""
    if _is_narrow(text):
        return text[:width]
    from rich.cells import set_cell_size

    return set_cell_size(text, width)


def _is_narrow(text: str) -> bool:
    """Is each letter one column wide? So is the one beyond ASCII that our own words are fond of."""
    return text.isascii() or text.replace("…", ".").isascii()


class Sheet:
    """Collects lines of `width` columns at most; without `colour` there is not one escape sequence in them."""

    def __init__(self, *, width: int, colour: bool) -> None:
        self.width = max(width, 50)
        self._colour = colour
        self._lines: list[str] = []

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n" if self._lines else ""

    def __len__(self) -> int:
        return len(self._lines)

    def blank(self) -> None:
        """An empty line, never two."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def heading(self, text: str) -> None:
        """The title of a section, with room above."""
        self.blank()
        self.line(text, style="heading")

    def line(self, text: str, *, style: str = "", indent: int = 0, at_most: int = 0) -> None:
        """A paragraph; `at_most` lines of it, where given."""
        self.entry("", text, style=style, indent=indent, column=indent, at_most=at_most)

    def point(self, text: str, *, indent: int = 2) -> None:
        """A paragraph of a list, behind a dash."""
        self.entry("-", text, indent=indent, column=indent + 2)

    def entry(
        self,
        label: str,
        text: str,
        *,
        column: int,
        indent: int = 0,
        label_style: str = "",
        style: str = "",
        at_most: int = 0,
    ) -> None:
        """A label at `indent`, and a paragraph that begins in `column` and stays right of it."""
        parts = list(wrap(visible(text), max(self.width - column, 20)))
        if at_most and len(parts) > at_most:
            parts[at_most - 1 :] = [_clipped(parts[at_most - 1], self.width - column)]
        self._lines.append(self._first(label, label_style, indent, column) + self._styled(parts[0], style))
        self._lines.extend(" " * column + self._styled(part, style) for part in parts[1:])

    def verbatim(self, label: str, text: str, *, column: int, indent: int = 0, label_style: str = "") -> None:
        """Like `entry`, but never wrapped: a command that is copied must stay one line."""
        self._lines.append(self._first(label, label_style, indent, column) + visible(text))

    def _first(self, label: str, style: str, indent: int, column: int) -> str:
        shown = visible(label)
        room = column - indent - columns(shown)
        return " " * indent + self._styled(shown, style) + " " * max(room, 1 if shown else 0)

    def _styled(self, text: str, style: str) -> str:
        if not (self._colour and style and text):
            return text

        from .colours import styled

        return styled(text, style)


def wrap(text: str, width: int) -> Iterator[str]:
    """`text` in lines of `width` columns, at least one. A word that is longer than a line is broken inside."""
    if len(text) <= width and text.isascii():
        yield text
        return
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if columns(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = chopped(word, width) or [""]
        yield from full
    yield line


def _clipped(line: str, width: int) -> str:
    """The line with ` ...` at its end, cut between words where that leaves more than half of it."""
    if columns(line) > width - 4:
        cut = chopped(line, width - 4)[0]
        whole_words = cut.rpartition(" ")[0]
        line = whole_words if len(whole_words) > len(cut) // 2 else cut
    return f"{line} ..."
