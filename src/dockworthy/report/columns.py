"""How many columns of a terminal a text takes, and where to cut it. Mostly a letter is one; else rich knows.

Texts are `visible` here: without control characters.
"""

from __future__ import annotations


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
