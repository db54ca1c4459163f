"""A policy that is read again while requests are judged by it, and its copy.

A guard that starts while the file is broken judges by the last good one.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from ...errors import DockworthyError
from ...model.control import Control
from ...model.guard_policy import GuardPolicy
from ...model.levels import Level
from ...model.policy import JoinedPolicy, Policy, sources_of
from ...state_directory import state_directory
from ..config_reload import Living
from ..policy_in_force import PolicyInForce
from . import kept_files

_MOST_BYTES = 8 * 1024 * 1024


class KeptPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`taken_up`: when a guard first judged by it; `files`: what it was read from, the policy file itself first."""

    taken_up: datetime.datetime
    files: tuple[str, ...]
    level: Level
    policy: JoinedPolicy
    guard: GuardPolicy

    def in_force(self) -> PolicyInForce:
        """Raises UnreadableInput for rules that this version does not understand."""
        rules: tuple[Control, ...] = ()
        if self.policy.rules:
            from ...policy.rules import compile_rules  # CEL, which most policies do not need

            rules = compile_rules(self.policy)
        return PolicyInForce(level=self.level, policy=self.policy, guard=self.guard, rules=rules)

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(map(Path, self.files))

    @property
    def time(self) -> str:
        return self.taken_up.strftime("%Y-%m-%d %H:%M:%S UTC")


def kept_policies_folder(environ: Mapping[str, str] = os.environ) -> Path:
    return state_directory(environ) / "guard" / "policies"


class PolicyKeeping:
    """One file for each policy file and level option: the copy of one policy is never used for another."""

    def __init__(self, policy: str | Path, level: str | None = None, *, folder: Path | None = None) -> None:
        name = hashlib.sha256(f"{os.path.abspath(policy)}\0{level or ''}".encode()).hexdigest()[:24]
        self.file = (folder or kept_policies_folder()) / f"{name}.json"

    def keep(self, value: PolicyInForce, files: tuple[Path, ...]) -> None:
        """Root's alone (mode 600). The time stays where the policy is the same. Raises OSError."""
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        kept = KeptPolicy(
            taken_up=now,
            files=tuple(map(str, files)),
            level=value.level,
            policy=_joined(value.policy),
            guard=value.guard,
        )
        before = self.read()
        if before is not None and structs.replace(before, taken_up=now) == kept:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.parent.chmod(0o700)
        if before is None:  # nothing of a file that others could write stays, its mode neither
            self.file.unlink(missing_ok=True)
        kept_files.write(self.file, msgspec.json.encode(kept), 0o600)

    def read(self) -> KeptPolicy | None:
        """None for what is not there, belongs to another user, can be opened by others, or is of another version."""
        with contextlib.suppress(OSError, msgspec.DecodeError, ValueError, RecursionError):
            handle = os.open(self.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as opened:
                seen = os.fstat(handle)
                if seen.st_uid != os.geteuid() or seen.st_mode & 0o077:
                    return None
                return msgspec.json.decode(opened.read(_MOST_BYTES), type=KeptPolicy)
        return None


def _joined(policy: Policy) -> JoinedPolicy:
    if isinstance(policy, JoinedPolicy):
        return policy
    return JoinedPolicy(**structs.asdict(policy), sources=sources_of(policy))


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
