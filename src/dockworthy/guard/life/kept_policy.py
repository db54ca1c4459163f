"""A copy of the policy in force: a guard that starts while the file is broken judges by the last good one."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from ...facts.redaction_key import state_directory
from ...model.control import Control
from ...model.guard_policy import GuardPolicy
from ...model.levels import Level
from ...model.policy import JoinedPolicy, Policy, sources_of
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


__all__ = ["KeptPolicy", "PolicyKeeping", "kept_policies_folder"]
