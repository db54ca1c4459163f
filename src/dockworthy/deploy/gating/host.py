"""What `assess` says of the very host that is deployed to, read beside the roll-out and over the same connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from importlib import import_module

from msgspec import Struct, structs

from ...errors import DockworthyError
from ...model.levels import Level
from ...model.release import GateFinding, Release
from ...model.result import Answer, Verdict
from ...model.snapshot import Snapshot
from ..asked import Asked, Say
from ..site import Site
from ..store import ReleaseStore


class Judged(Struct, frozen=True):
    """`open`: of an undecided verdict, what would decide it, as sentences."""

    verdict: Verdict
    open: tuple[str, ...] = ()


JudgeHost = Callable[[Snapshot, Level], Judged]
"""`assess`, for the use that dockworthy.yaml states."""

HOST = "before-deploy/host"
_SECONDS = 20.0
_OUTCOMES = {Answer.YES: "pass", Answer.ACCEPTED: "excepted", Answer.UNDECIDED: "unknown"}


class HostVerdict:
    """Of one host at one level: the policy's own for it, else the deploy's."""

    def __init__(self, site: Site, asked: Asked, judge: JudgeHost) -> None:
        self.level = asked.project.policy.before_deploy.host or asked.level
        self._site = site
        self._asked = asked
        self._judge = judge
        self._reading: asyncio.Task[Judged] | None = None

    def begin(self) -> None:
        """It is read from now on, and nobody waits for it."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def finding(self) -> GateFinding:
        """For the record; it waits until the host was read."""
        self.begin()
        assert self._reading is not None
        return finding_of(self._site.name, self.level, await asyncio.shield(self._reading))

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

    async def _read(self) -> Judged:
        asked = self._asked
        try:
            # Where nothing is to do nobody needs it; where there is, the roll-out need not wait for it.
            reading = await asyncio.to_thread(import_module, "dockworthy.facts.reading")
            snapshot = await reading.read_snapshot(
                asked.endpoint,
                deadline=_SECONDS,
                sudo=asked.sudo,
                through=self._site.for_reading,
                remembers=not asked.dry_run,
            )
            return await asyncio.to_thread(self._judge, snapshot, self.level)
        except DockworthyError as error:
            return _undecided(f"it could not be read: {error.says}")
        except Exception as crash:  # whatever reading the host trips over: it is no reason to break a deploy off
            return _undecided(f"reading it failed: {type(crash).__name__}: {crash}")


@contextlib.asynccontextmanager
async def host_verdict(site: Site, asked: Asked, judge: JudgeHost) -> AsyncIterator[HostVerdict]:
    """Whoever does not need the verdict any more need not wait for it."""
    verdict = HostVerdict(site, asked, judge)
    try:
        yield verdict
    finally:
        await verdict.end()


def _undecided(why: str) -> Judged:
    return Judged(Verdict(Answer.UNDECIDED, (why,)))


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


def finding_of(host: str, level: Level, judged: Judged) -> GateFinding:
    """In one line: the answer, how much stands against it, and the first of that."""
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
