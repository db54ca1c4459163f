"""What is tried on a service, and how: each proposal is a set of changes that makes one point of it tighter. Each is
tried once on a new service, and once over the data that it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from ...controls.workload._written_options import parted
from ...model.fix import WHOLE_FILE, Change, Fix, FixKind, How
from ...model.saying import Say
from ..yaml_tree import as_list
from .baseline import Baseline
from .inside import Who
from .limits import cpu_limit, memory_limit, memory_text, pids_limit
from .needs import may_be_covered, tmpfs_entry
from .project import NotStarted, ScratchProject
from .watching import ContainerWatch, CountsAsUp, RunWatched

OURS = frozenset({"cap_drop", "cap_add", "read_only", "tmpfs", "user", "mem_limit", "cpus", "pids_limit"})
"""Keys for which the run itself tells the value."""
_SHOWN_BY_A_RUN = frozenset({"healthcheck", "init", "restart", "security_opt", "stop_signal", "ulimits", "shm_size"})
"""Keys of other fixes that a run of a service cut off from the world can prove."""


class Proposal(Struct, frozen=True, kw_only=True):
    """`topic` is what it is about: one of a topic is kept at most. `otherwise` is tried where this one fails."""

    topic: str
    says: str
    changes: tuple[Change, ...]
    controls: tuple[str, ...] = ()
    otherwise: tuple[Proposal, ...] = ()


def proposals_for(
    name: str, service: Mapping[str, Any], baseline: Baseline, candidates: Sequence[Fix], who: Who | None
) -> tuple[Proposal, ...]:
    """All but capabilities and users. `who`: the user that the service is going to run as, for what it writes to."""
    own = [fix for fix in candidates if _is_for(fix, name)]
    found = [
        *_no_new_privileges(name, service),
        *_read_only(name, service, baseline, who),
        *_limits(name, service, baseline),
    ]
    covered = {topic for proposal in found for change in proposal.changes for topic in _topics(change)}
    found += [_of_candidate(fix, name) for fix in own if not _is_ours(fix, covered) and can_be_shown(fix)]
    return tuple(_with_controls(proposal, own) for proposal in found if proposal.changes)


def can_be_shown(fix: Fix) -> bool:
    """Can a run tell anything of it? What the scratch project has replaced (ports, networks, mounts), it can't."""
    return all(change.path[0] in OURS | _SHOWN_BY_A_RUN or change.path[:1] == ("deploy",) for change in fix.changes)


def controls_of(changes: Iterable[Change], candidates: Iterable[Fix]) -> tuple[str, ...]:
    """The controls of those candidates that change the same keys."""
    keys = {(change.service, topic) for change in changes for topic in _topics(change)}
    found = {
        fix.control: None
        for fix in candidates
        for change in fix.changes
        if any((change.service, topic) in keys for topic in _topics(change))
    }
    return tuple(found)


def _is_for(fix: Fix, name: str) -> bool:
    return fix.kind is FixKind.TO_BE_PROVEN and any(change.service == name for change in fix.changes)


def _is_ours(fix: Fix, covered: set[str]) -> bool:
    """Does the run find out by itself what this fix guesses?"""
    return all(change.path[0] in OURS or covered.issuperset(_topics(change)) for change in fix.changes)


def _topics(change: Change) -> set[str]:
    """What a change is about: of `security_opt` each option by its name, for one is no answer to another."""
    if change.path[0] == "security_opt" and (options := as_list(change.value)):
        return {f"security_opt {parted(str(option))[0]}" for option in options}
    return {_topic(change.path)}


def _topic(path: tuple[str, ...]) -> str:
    if path[:3] == ("deploy", "resources", "limits"):
        return {"memory": "mem_limit", "pids": "pids_limit"}.get(path[-1], path[-1])
    return {"cap_add": "cap_drop", "tmpfs": "read_only"}.get(path[0], path[0])


def _of_candidate(fix: Fix, name: str) -> Proposal:
    changes = tuple(change for change in fix.changes if change.service == name)
    return Proposal(topic=fix.control, says=fix.says, changes=changes, controls=(fix.control,))


def _with_controls(proposal: Proposal, candidates: Sequence[Fix]) -> Proposal:
    controls = proposal.controls or controls_of(proposal.changes, candidates)
    otherwise = tuple(_with_controls(each, candidates) for each in proposal.otherwise)
    return Proposal(
        topic=proposal.topic, says=proposal.says, changes=proposal.changes, controls=controls, otherwise=otherwise
    )


def _no_new_privileges(name: str, service: Mapping[str, Any]) -> list[Proposal]:
    written = [str(option).replace("=", ":") for option in service.get("security_opt") or ()]
    if any(option in ("no-new-privileges", "no-new-privileges:true") for option in written):
        return []
    change = Change(name, ("security_opt",), ["no-new-privileges:true"], How.ADD)
    return [Proposal(topic="no-new-privileges", says="no process gains privileges", changes=(change,))]


def _read_only(name: str, service: Mapping[str, Any], baseline: Baseline, who: Who | None) -> list[Proposal]:
    if service.get("read_only"):
        return []
    user = (who.uid, who.gid) if who is not None else None
    covered = {folder: at for folder, at in baseline.folders.items() if may_be_covered(folder, at)}
    others = tuple(sorted(set(baseline.folders) - set(covered)))
    entries = [tmpfs_entry(folder, at, user) for folder, at in covered.items()]
    changes = [Change(name, ("read_only",), True)]
    if entries:
        changes.append(Change(name, ("tmpfs",), entries, How.ADD if service.get("tmpfs") else How.SET))
    says = "its root file system is read-only"
    says += f", with tmpfs at {', '.join(covered)}" if covered else ""
    keep = [folder for folder in others if may_be_covered(folder, None)]
    otherwise: tuple[Proposal, ...] = ()
    if keep:  # they hold files of the image, which a volume starts with and a tmpfs would hide
        named = {volume_name(name, folder): folder for folder in keep}
        volumes = Change(name, ("volumes",), [f"{volume}:{folder}" for volume, folder in named.items()], How.ADD)
        declared = tuple(Change(WHOLE_FILE, ("volumes", volume), {}) for volume in named)
        words = f"{says}, and volumes at {', '.join(keep)}"
        otherwise = (Proposal(topic="read-only", says=words, changes=(*changes, volumes, *declared)),)
    return [Proposal(topic="read-only", says=says, changes=tuple(changes), otherwise=otherwise)]


def volume_name(service: str, folder: str) -> str:
    """A volume without a name would be left behind by `docker compose down`, and be another one after it."""
    return f"{service}-{'-'.join(re.findall('[A-Za-z0-9_.]+', folder))}-writable"


def _limits(name: str, service: Mapping[str, Any], baseline: Baseline) -> list[Proposal]:
    """What has a limit already keeps it: whoever set it knows the load."""
    if not baseline.tells_limits:
        return []
    written = ((service.get("deploy") or {}).get("resources") or {}).get("limits")
    use = baseline.use
    memory, cpus, pids = memory_limit(use.memory), cpu_limit(use.cpus, baseline.processors), pids_limit(use.pids)
    wanted = (
        (
            "memory",
            "mem_limit",
            "memory",
            memory_text(memory),
            f"memory is limited to {memory_text(memory)}",
            use.memory,
        ),
        ("cpus", "cpus", "cpus", cpus, f"CPU is limited to {cpus:g}", use.memory),
        ("pids", "pids_limit", "pids", pids, f"processes and threads are limited to {pids}", use.pids),
    )
    found = []
    for topic, key, in_deploy, value, says, seen in wanted:
        if not seen or service.get(key) or (written or {}).get(in_deploy):
            continue
        path = ("deploy", "resources", "limits", in_deploy) if written else (key,)
        as_written = str(value) if written and topic == "cpus" else value
        found.append(Proposal(topic=topic, says=says, changes=(Change(name, path, as_written),)))
    return found


class Trying:
    """Of the service `name`; `expected` is what its trials are held to."""

    def __init__(self, project: ScratchProject, name: str, expected: CountsAsUp, *, local: bool, say: Say) -> None:
        self.name = name
        self.service = project.service(name)
        self._project = project
        self._expected = expected
        self._local = local
        self._say = say
        self._tried: dict[str, RunWatched] = {}

    async def with_these(self, proposals: Sequence[Proposal]) -> RunWatched:
        """How the service does with these; the same is not tried twice."""
        changes = [change for proposal in proposals for change in proposal.changes]
        key = repr(changes)
        if key not in self._tried:
            self._say(f"{self.name}: trying {_in_short(proposals)}")
            self._tried[key] = await self._as_new_and_over_its_data(changes)
        return self._tried[key]

    async def _as_new_and_over_its_data(self, changes: Sequence[Change]) -> RunWatched:
        """With fresh volumes, and then with those that the unchanged one left."""
        if not self._project.own_volumes(self.name):
            return await self._start(changes, "")
        volumes = self._project.fresh_volumes()
        try:
            seen = await self._start(changes, volumes)
        finally:
            await self._project.remove(self.name)
            await self._project.remove_volumes(volumes)
        if not seen.up:
            return seen
        again = await self._start(changes, "")
        await self._project.stop(self.name)
        return again if again.up else structs.replace(again, why=f"over the data that it has: {again.why}")

    async def _start(self, changes: Sequence[Change], volumes: str) -> RunWatched:
        try:
            container = await self._project.start(self.name, changes, volumes=volumes)
        except NotStarted as refused:
            self._say(f"{self.name}: it can't be started: {refused.says}")
            return RunWatched(up=False, why=f"it can't be started: {refused.says}")
        seen = await ContainerWatch(self._project, container, self._expected, local=self._local).until_decided()
        if not seen.up:
            self._say(f"{self.name}: {seen.why}{f': {seen.line}' if seen.line else ''}")
        return seen


def _in_short(proposals: Sequence[Proposal]) -> str:
    return ", ".join(_word(each) for each in proposals) or "nothing changed"


def _word(proposal: Proposal) -> str:
    if proposal.topic == "capabilities":
        return proposal.says.removeprefix("it has ")
    if proposal.topic == "user":
        return proposal.says.removeprefix("it runs as ")
    return proposal.topic
