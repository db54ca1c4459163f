"""Finds the tightest form in which one service still works: the whole first, then by bisecting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import structs

from ...input_files import is_inside
from ...model.fix import Change, Fix, How
from ...model.verified import ProvenChange, RefusedChange
from .baseline import Baseline
from .inside import Who
from .needs import InImage
from .proposals import Proposal, Trying, controls_of, proposals_for
from .watching import USUAL, RunWatched, hinted_capabilities, refused_paths

Item = TypeVar("Item")
Passes = Callable[[tuple[Item, ...]], Awaitable[bool]]


async def smallest(items: Sequence[Item], passes: Passes[Item], *, known_to_pass: bool = False) -> tuple[Item, ...]:
    """A subset that passes and from which nothing can be left out (QuickXplain). Order is kept.

    It is enough that a superset of what passes passes, too. No set is tried twice. Where not even all `items` pass, all
    are returned (`known_to_pass` says that they were seen to).
    """
    asked: dict[frozenset[int], bool] = {}

    async def ask(wanted: Iterable[int]) -> bool:
        chosen = frozenset(wanted)
        if chosen not in asked:
            asked[chosen] = await passes(tuple(items[index] for index in sorted(chosen)))
        return asked[chosen]

    everything = tuple(range(len(items)))
    if known_to_pass:
        asked[frozenset(everything)] = True
    if not await ask(everything) or not everything:
        return tuple(items)
    if await ask(()):
        return ()
    needed = await _needed((), False, everything, ask)
    return tuple(items[index] for index in sorted(needed))


async def _needed(
    base: tuple[int, ...],
    grown: bool,
    rest: tuple[int, ...],
    ask: Callable[[Iterable[int]], Awaitable[bool]],
) -> tuple[int, ...]:
    """What of `rest` is needed beside `base`; `grown`: base is larger than when it was last seen to fail."""
    if grown and await ask(base):
        return ()
    if len(rest) == 1:
        return rest
    left, right = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    of_right = await _needed((*base, *left), True, right, ask)
    of_left = await _needed((*base, *of_right), bool(of_right), left, ask)
    return (*of_left, *of_right)


async def without_superfluous(items: Sequence[Item], passes: Passes[Item]) -> tuple[Item, ...]:
    """The same for few items of which most are needed, and that were seen to pass: one try for each."""
    kept = tuple(items)
    for item in reversed(items):
        fewer = tuple(each for each in kept if each != item)
        if await passes(fewer):
            kept = fewer
    return kept


async def largest(items: Sequence[Item], passes: Passes[Item], kept: tuple[Item, ...] = ()) -> tuple[Item, ...]:
    """As many of `items` as pass together with `kept`: the whole first, then halves; one that fails alone is out."""
    if not items:
        return kept
    together = (*kept, *items)
    if await passes(together):
        return together
    if len(items) == 1:
        return kept
    middle = len(items) // 2
    kept = await largest(items[:middle], passes, kept)
    return await largest(items[middle:], passes, kept)


DEFAULT = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
"""What the engine gives a container that asks for nothing."""
_FURTHER = (
    "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK",
    "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "NET_ADMIN", "NET_BROADCAST", "PERFMON", "SYSLOG", "SYS_ADMIN", "SYS_NICE",
    "SYS_PACCT", "SYS_PTRACE", "SYS_RESOURCE", "SYS_TTY_CONFIG", "WAKE_ALARM",
)  # fmt: skip


def capabilities_of(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that a rendered service has, in a fixed order."""
    added, dropped = _names(service.get("cap_add")), _names(service.get("cap_drop"))
    base = () if "ALL" in dropped else DEFAULT
    more = (*DEFAULT, *_FURTHER) if "ALL" in added else tuple(added)
    # Who drops ALL and adds one has that one; who drops one has it not, also when ALL are added.
    return tuple(dict.fromkeys(name for name in (*base, *more) if name not in dropped or "ALL" in dropped))


def only(name: str, service: Mapping[str, Any], wanted: Sequence[str]) -> tuple[Change, ...]:
    """The changes after which the service `name` has `wanted` and no other."""
    dropped = tuple(service.get("cap_drop") or ())
    changes = []
    if _names(dropped) != {"ALL"}:
        changes.append(Change(name, ("cap_drop",), ["ALL"]))
    if wanted and _names(service.get("cap_add")) != set(wanted):
        changes.append(Change(name, ("cap_add",), list(wanted)))
    elif not wanted and service.get("cap_add"):
        changes.append(Change(name, ("cap_add",), None, How.REMOVE))
    return tuple(changes)


def _names(written: Iterable[Any] | None) -> set[str]:
    return {str(each).upper().removeprefix("CAP_") for each in written or ()}


Look = Callable[[str], Awaitable[tuple[str, InImage | None]]]
"""A path of the image -> the folder that it lies in (or is), and what that is in the image."""

_TURNS = 5
"""How often the log is asked what else is missing, before all capabilities are searched."""


NOT_TOGETHER = "it does not work together with the others"


class ServiceProver:
    """Of a service whose `baseline` was seen."""

    def __init__(self, trying: Trying, baseline: Baseline, candidates: Sequence[Fix], look: Look) -> None:
        self._trying = trying
        self._name = trying.name
        self._baseline = baseline
        self._candidates = candidates
        self._look = look
        self._folders = dict(baseline.folders)
        self._alone: dict[str, RunWatched] = {}
        self._seen_without = ""
        self.refused: list[RefusedChange] = []

    async def tightest(self) -> tuple[ProvenChange, ...]:
        """What is kept. What is not is then in `refused`."""
        proposals = await self._with_a_user() or await self._with_capabilities()
        return tuple(
            ProvenChange(
                service=self._name,
                says=each.says,
                changes=each.changes,
                controls=each.controls,
                because=self._seen_without if each.topic == "capabilities" else "",
            )
            for each in proposals
            if each.changes
        )

    async def _with_a_user(self) -> tuple[Proposal, ...]:
        """As another user than root, who needs no capability; nothing where it does not work as any."""
        who = self._baseline.user
        if who is None:
            return ()
        kept = (self._user(who), self._capabilities(()))
        rest, seen = await self._rest_with(kept, who)
        if seen.up:
            return (*kept, *rest)
        # What it writes to must be its own: the tmpfs belong to the user.
        read_only, seen = await self._rest_with(kept, who, topics=frozenset({"read-only"}))
        if seen.up:
            others = [each for each in self._rest(who) if each.topic != "read-only"]
            return await self._with_rest((*kept, *read_only), others)
        if "can't be started" in seen.why:  # what forbids a read-only root need not forbid the user
            seen = await self._trying.with_these(kept)
            if seen.up:
                return await self._with_rest(kept, self._rest(who))
        self._refuse(kept[0], seen)
        return ()

    async def _with_capabilities(self) -> tuple[Proposal, ...]:
        """As it runs now, with only the capabilities that it is seen to need."""
        none = self._capabilities(())
        rest, seen = await self._rest_with((none,), None)
        if seen.up:
            return (none, *rest)
        has = capabilities_of(self._trying.service)
        seen = await self._trying.with_these((none,))
        needed = () if seen.up else await self._needed(has, seen)
        self._seen_without = "" if seen.up else ": ".join(part for part in (seen.why, seen.line) if part)
        kept: tuple[Proposal, ...] = (self._capabilities(needed),)
        if needed == has:
            self._refuse(none, seen)
            kept = ()
        rest, seen = await self._rest_with(kept, None)
        if seen.up:
            return (*kept, *rest)
        await self._rest_with(kept, None, topics=frozenset({"read-only"}))  # alone its log may say more
        return await self._with_rest(kept, self._rest(None))

    async def _rest_with(
        self, kept: tuple[Proposal, ...], who: Who | None, topics: frozenset[str] = frozenset()
    ) -> tuple[tuple[Proposal, ...], RunWatched]:
        """The rest (of these topics, else all), and how the service does with it: what its log says can't be written
        to is made writable."""
        for _ in range(_TURNS):
            rest = tuple(each for each in self._rest(who) if not topics or each.topic in topics)
            seen = await self._trying.with_these((*kept, *rest))
            if seen.up or not await self._learn(seen):
                break
        return rest, seen

    async def _learn(self, seen: RunWatched) -> bool:
        """Was a folder found that it writes to, of which the engine's list of changes showed nothing?"""
        known = self._folders
        found = [path for path in refused_paths((seen.line, *seen.log)) if not any(is_inside(path, at) for at in known)]
        if found:
            folder, in_image = await self._look(found[0])
            if folder not in known:
                self._folders = {at: known[at] for at in known if not is_inside(at, folder)} | {folder: in_image}
                return True
        return False

    async def _needed(self, has: Sequence[str], without: RunWatched) -> tuple[str, ...]:
        """What the log hints at is tried first, and more as long as it hints at more; then what is superfluous goes."""
        guess: tuple[str, ...] = ()
        log: Sequence[str] = (without.line, *without.log)
        for turn in range(_TURNS):
            hinted = (*hinted_capabilities(log), *(USUAL if turn == 1 else ()))
            new = tuple(name for name in dict.fromkeys(hinted) if name in has and name not in guess)
            if not new:
                break
            guess += new
            seen = await self._trying.with_these((self._capabilities(guess),))
            if seen.up:
                return await without_superfluous(guess, self._works)
            log = (seen.line, *seen.log)
        return await smallest(tuple(has), self._works)

    async def _works(self, wanted: tuple[str, ...]) -> bool:
        """Without any it was seen not to."""
        return bool(wanted) and await self._passes((self._capabilities(wanted),))

    async def _with_rest(self, kept: tuple[Proposal, ...], rest: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """As many of the rest as work together with what is kept; the second choice of those that do not."""
        together = await largest(tuple(rest), self._passes, kept)
        for proposal in rest:
            if proposal in together:
                continue
            for second in proposal.otherwise:
                if await self._passes((*together, second)):
                    together = (*together, second)
                    break
            else:
                self._refuse(proposal, self._alone.get(proposal.topic))
        return together

    async def _passes(self, proposals: tuple[Proposal, ...]) -> bool:
        seen = await self._trying.with_these(proposals)
        if not seen.up and proposals:
            self._alone[proposals[-1].topic] = seen  # the last one tried of a topic is the one that is told of
        return seen.up

    def _rest(self, who: Who | None) -> tuple[Proposal, ...]:
        service = self._trying.service
        baseline = structs.replace(self._baseline, folders=self._folders)
        return proposals_for(self._name, service, baseline, self._candidates, who)

    def _user(self, who: Who) -> Proposal:
        changes = (Change(self._name, ("user",), f"{who.uid}:{who.gid}"),)
        controls = controls_of(changes, self._candidates)
        return Proposal(topic="user", says=f"it runs as user {who.uid}:{who.gid}", changes=changes, controls=controls)

    def _capabilities(self, wanted: Sequence[str]) -> Proposal:
        service: Mapping[str, Any] = self._trying.service
        says = f"it has no capability but {', '.join(wanted)}" if wanted else "it has no capability"
        changes = only(self._name, service, wanted)
        controls = controls_of(changes, self._candidates)
        return Proposal(topic="capabilities", says=says, changes=changes, controls=controls)

    def _refuse(self, proposal: Proposal, seen: RunWatched | None) -> None:
        self.refused.append(
            RefusedChange(
                service=self._name,
                says=proposal.says,
                why=seen.why if seen is not None else NOT_TOGETHER,
                log=seen.line if seen is not None else "",
                controls=proposal.controls,
            )
        )
