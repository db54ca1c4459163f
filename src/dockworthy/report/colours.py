"""The styles of a sheet that has colour. Apart from it: these imports are a twentieth of a short call."""

from __future__ import annotations

from rich.color import ColorSystem
from rich.style import Style

STYLES = {
    "heading": Style(bold=True),
    "critical": Style(color="red", bold=True),
    "high": Style(color="red"),
    "medium": Style(color="yellow"),
    "low": Style(color="cyan"),
    "good": Style(color="green", bold=True),
    "bad": Style(color="red", bold=True),
    "open": Style(color="yellow", bold=True),
    "quiet": Style(dim=True),
}


def styled(text: str, style: str) -> str:
    """The text between the escape sequences of a style by its name."""
    return STYLES[style].render(text, color_system=ColorSystem.STANDARD)
