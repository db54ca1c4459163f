"""What `assess` says of the very host that is deployed to, read beside the roll-out and over the same connection; and,
where the policy demands an answer, of the other nodes of a swarm."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from importlib import import_module

from msgspec import Struct, structs

from ..engine.membership import membership_of
from ..engine.site import Site, engine_at
from ..engine.ssh.engine_tunnel import Through
from ..errors import DockworthyError
from ..model.deploy_settings import TargetKind
from ..model.levels import Level
from ..model.release import GateFinding, Release
from ..model.result import Answer, Verdict
from ..model.saying import Say
from ..model.snapshot import Snapshot
from .options import DeployOptions
from .store import ReleaseStore
from .targets.swarm.node_ways import NodeWay, must_be_node, way_to
from .targets.swarm.placement import takes_tasks


class JudgedHost(Struct, frozen=True):
    """`open`: of an undecided verdict, what would decide it, as sentences."""

    verdict: Verdict
    open: tuple[str, ...] = ()


JudgeHost = Callable[[Snapshot, Level], JudgedHost]
"""`assess`, for the use that dockworthy.yaml states."""

HOST = "before-deploy/host"
_SECONDS = 20.0
_OUTCOMES = {Answer.YES: "pass", Answer.ACCEPTED: "excepted", Answer.UNDECIDED: "unknown"}


class HostVerdict:
    """The verdict on the host of a deploy, at the level that policy.before_deploy.host names, else at the deploy's."""

    def __init__(self, site: Site, asked: DeployOptions, judge: JudgeHost) -> None:
        self.level = asked.project.policy.before_deploy.host or asked.level
        self._site = site
        self._asked = asked
        self._judge = judge
        self._reading: asyncio.Task[JudgedHost] | None = None
        self.ways = {site.name: asked.endpoint}
        """Host -> the address by which it is reached; "" where none is known."""

    def begin(self) -> None:
        """It is read from now on, and nobody waits for it."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def findings(self, *, everywhere: bool) -> tuple[GateFinding, ...]:
        """For the record: of this host, and `everywhere` of each other node that may take tasks; it waits until all are
        read. Raises EngineError."""
        self.begin()
        assert self._reading is not None
        others = await self._others() if everywhere else ()
        self.ways.update((each.name, each.endpoint) for each in others)
        judged = await asyncio.gather(asyncio.shield(self._reading), *(self._of(each) for each in others))
        names = (self._site.name, *(each.name for each in others))
        return tuple(finding_of(name, self.level, each) for name, each in zip(names, judged, strict=True))

    async def _others(self) -> tuple[NodeWay, ...]:
        """Nodes that are drained, or down, take none."""
        if self._asked.settings.target is not TargetKind.SWARM:
            return ()
        engine = self._site.engine
        nodes, mine = await engine.get("/nodes"), await membership_of(engine)
        others = [each for each in nodes if each["ID"] != mine.node and takes_tasks(each)]
        return tuple(way_to(each, self._asked.project.hosts) for each in others)

    async def _of(self, node: NodeWay) -> JudgedHost:
        if not node.endpoint:
            add = f"dockworthy hosts add ssh://root@HOST --name {node.name}"
            return _undecided(f"nobody can look: `hosts:` in dockworthy.yaml names no way there ({add})")
        return await self._judged(node.endpoint, node=node)

    def so_far(self) -> GateFinding:
        """The same, of what is known by now."""
        judged = _undecided("it was not read before the deploy ended")
        if self._reading is not None and self._reading.done() and not self._reading.cancelled():
            judged = self._reading.result()
        return finding_of(self._site.name, self.level, judged)

    async def end(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    async def _read(self) -> JudgedHost:
        return await self._judged(self._asked.endpoint, through=self._site.for_reading)

    async def _judged(
        self, endpoint: str, *, through: Through | None = None, node: NodeWay | None = None
    ) -> JudgedHost:
        sudo = self._asked.sudo
        try:
            if node is not None:
                async with engine_at(endpoint, command="deploy", sudo=sudo) as engine:
                    await must_be_node(engine, node)
            # Where nothing is to do nobody needs it; where there is, the roll-out need not wait for it.
            reading = await asyncio.to_thread(import_module, "dockworthy.facts.reading")
            snapshot = await reading.read_snapshot(
                endpoint, deadline=_SECONDS, sudo=sudo, through=through, remembers=not self._asked.dry_run
            )
            return await asyncio.to_thread(self._judge, snapshot, self.level)
        except DockworthyError as error:
            return _undecided(f"it could not be read: {error.says}")
        except Exception as crash:  # whatever reading the host trips over: it is no reason to break a deploy off
            return _undecided(f"reading it failed: {type(crash).__name__}: {crash}")


@contextlib.asynccontextmanager
async def host_verdict(site: Site, asked: DeployOptions, judge: JudgeHost) -> AsyncIterator[HostVerdict]:
    """Whoever does not need the verdict any more need not wait for it."""
    verdict = HostVerdict(site, asked, judge)
    try:
        yield verdict
    finally:
        await verdict.end()


def _undecided(why: str) -> JudgedHost:
    return JudgedHost(Verdict(Answer.UNDECIDED, (why,)))


async def recorded_late(release: Release, host: HostVerdict, store: ReleaseStore, say: Say) -> Release:
    """The verdict that came later than the record, where nobody waited for it: said, and added to that."""
    if any(each.control == HOST for each in release.findings):
        return release
    found = host.so_far()
    say(host_in_words(found))
    release = structs.replace(release, findings=(*release.findings, found))
    try:
        await store.write(release)
    except DockworthyError as error:  # what was shipped is recorded: this alone makes no failure of it
        say(f"that is not in the release's record: {error.says}")
    return release


def finding_of(host: str, level: Level, judged: JudgedHost) -> GateFinding:
    """The verdict in one line: the answer, the first reason against it, and how many more there are."""
    verdict, reasons = judged.verdict, judged.open or judged.verdict.because
    against = f": {reasons[0]}" if reasons else ""
    more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    words = {
        Answer.YES: "fit for production",
        Answer.ACCEPTED: f"fit for production, with accepted risks{against}{more}",
        Answer.UNDECIDED: f"undecided{against}{more}",
    }.get(verdict.answer, f"not fit for production{against}{more}")
    return GateFinding(
        control=HOST,
        subject=host,
        outcome=_OUTCOMES.get(verdict.answer, "fail"),
        says=f"{words} (level {level})"[:500],
    )


def host_in_words(found: GateFinding) -> str:
    return f"{found.subject}: {found.says}"
