"""A result for people at a terminal: the answer on the first screen, then all that stands behind it."""

from .story import render_terminal, verdict_line

__all__ = ["render_terminal", "verdict_line"]
