"""Two results of the same question compared: what is better, what is worse, what is new."""

from .compare import Difference, FindingChange, compare

__all__ = ["Difference", "FindingChange", "compare"]
