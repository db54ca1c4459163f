"""A policy that is read anew while requests are judged by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..living import Living
from ..policy_in_force import PolicyInForce

Load = Callable[[], tuple[PolicyInForce, tuple[Path, ...]]]
"""Reads the policy and names the files that it was read from. Raises DockworthyError for one that is not understood."""


class LivingPolicy(Living[PolicyInForce]):
    """A request is judged by one of them from its beginning to its end."""

    def __init__(self, load: Load, say: Callable[[str], None]) -> None:
        super().__init__("policy", load, say)

    def describe(self, value: PolicyInForce) -> str:
        return f"level {value.level.value}, "


__all__ = ["LivingPolicy", "Load"]
