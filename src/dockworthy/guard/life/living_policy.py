"""A policy that is read anew while requests are judged by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import DockworthyError
from ..living import Living
from ..policy_in_force import PolicyInForce
from .kept_policy import PolicyKeeping

Load = Callable[[], tuple[PolicyInForce, tuple[Path, ...]]]
"""Reads the policy and names the files that it was read from. Raises DockworthyError for one that is not understood."""


class LivingPolicy(Living[PolicyInForce]):
    """A request is judged by one of them from its beginning to its end.

    `keeping`: the last good policy is written there, and a guard that starts while the file is broken judges by it.
    """

    def __init__(self, load: Load, say: Callable[[str], None], keeping: PolicyKeeping | None = None) -> None:
        """Raises what `load` raises where no good policy was kept."""
        self._keeping, self._said = keeping, say
        self._strict, self._starts = load, True
        super().__init__("policy", self._last_good, say)
        self._starts = False

    def describe(self, value: PolicyInForce) -> str:
        return f"level {value.level.value}, "

    def _last_good(self) -> tuple[PolicyInForce, tuple[Path, ...]]:
        try:
            value, files = self._strict()
        except DockworthyError as error:
            kept = self._keeping.read() if self._starts and self._keeping is not None else None
            if kept is None:
                raise
            self._said(f"the policy on disk can't be used: {error.says}; in force: the one of {kept.time}")
            return kept.in_force(), kept.paths
        if self._keeping is not None and files:
            try:
                self._keeping.keep(value, files)
            except OSError as error:
                self._said(f"no copy of the policy can be kept in {self._keeping.file}: {error.strerror}")
        return value, files


def last_good(load: Load, keeping: PolicyKeeping | None) -> PolicyInForce:
    """What a guard that started now would judge by. Raises DockworthyError where there is nothing."""
    return LivingPolicy(load, lambda _: None, keeping)()


__all__ = ["LivingPolicy", "Load", "last_good"]
