"""Two results of the same question compared: what is better, what is worse, what is new."""

from .compare import Change, Difference, compare

__all__ = ["Change", "Difference", "compare"]
