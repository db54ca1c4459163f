"""What must hold before a release begins: the controls of `check`, and what the policy asks before a deploy."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from ..facts.secret_values import hidden
from ..model.before_deploy import MustPass
from ..model.deploy_settings import DeploySettings
from ..model.finding import Finding, Outcome
from ..model.levels import Level
from ..model.release import GateFinding, ShippedService
from ..model.rollout import Desired
from ..model.saying import Say
from .host_gate import HostVerdict, host_in_words
from .options import DeployOptions
from .release_record import commit_of
from .signatures import to_verify, why_unsigned

PINNED = "workload/pinned-image"
"""What a deploy does itself: images are resolved to digests or ids before anything starts."""


def refusals(
    findings: Iterable[Finding],
    desired: Desired,
    *,
    only: Collection[str] = (),
    unknown_fails: bool = False,
    not_here: Collection[str] = (),
) -> tuple[Finding, ...]:
    """The findings that stop a deploy: those that fail, but for tags, which are pinned here. `unknown_fails`: also what
    neither file nor image tells, but for services whose image is `not_here`."""
    every = desired.spec.services
    shipped = only or desired.services
    return tuple(
        finding
        for finding in findings
        if (finding.outcome is Outcome.FAIL or (unknown_fails and _is_unknown(finding, not_here)))
        and finding.control != PINNED
        and _is_of(finding, shipped, every)
    )


def refusals_before_pulling(
    findings: Iterable[Finding], shipped: Collection[str], every: Collection[str]
) -> tuple[Finding, ...]:
    """What stops a deploy whatever its images are: the files say it. `shipped`: services, of `every` in the files."""
    failing = (finding for finding in findings if finding.outcome is Outcome.FAIL and finding.control != PINNED)
    return tuple(finding for finding in failing if _is_of(finding, shipped, every))


def let_pass(findings: Iterable[Finding], desired: Desired) -> tuple[GateFinding, ...]:
    """What is not good and does not stop it: for the record."""
    every = desired.spec.services
    return tuple(
        GateFinding(
            control=finding.control, subject=finding.subject, outcome=finding.outcome, says=fault_in_words(finding)
        )
        for finding in findings
        if finding.outcome in (Outcome.EXCEPTED, Outcome.UNKNOWN) and _is_of(finding, desired.services, every)
    )


def unobservable(
    desired: Desired, settings: DeploySettings, level: Level, *, checked_by_image: Collection[str] = ()
) -> Iterator[str]:
    """Services of which nothing would tell whether they work, as sentences; they stop a deploy."""
    routed = {route.service for route in settings.routes}
    for name, service in desired.spec.services.items():
        health = service.healthcheck
        checked = not health.disable if health is not None else name in checked_by_image
        if checked or name in (*desired.jobs_before, *desired.jobs_after):
            continue
        if level is Level.PRODUCTION:
            yield f"{name} has no health check: nothing would tell whether a new release of it works"
        elif name not in routed:
            yield f"{name} has neither a health check nor a route: nothing would tell whether it works"


def _is_of(finding: Finding, shipped: Collection[str], every: Collection[str]) -> bool:
    """Is the finding of a service that is shipped, or of something that is no service?"""
    name = below_file(finding.subject)
    return name in shipped or name not in every


def _is_unknown(finding: Finding, not_here: Collection[str]) -> bool:
    return finding.outcome is Outcome.UNKNOWN and below_file(finding.subject) not in not_here


def below_file(subject: str) -> str:
    """`web` of `compose.yaml#web`."""
    return subject.rsplit("#", 1)[-1]


def fault_in_words(finding: Finding) -> str:
    return finding.evidence[0].says[:200] if finding.evidence else ""


_SHOWN_LINES = 20
_SHOWN_BYTES = 8_000
_GRACE = 2.0
"""Seconds that a command has to end once it is told to."""


async def why_failed(test: MustPass, folder: Path, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """`("", ())` where it ended with status 0; else why, and the last lines that it printed, secrets hidden."""
    with tempfile.TemporaryFile() as output:  # not a pipe: what it leaves running in the background would hold that
        try:
            process = await asyncio.create_subprocess_exec(
                *test.words,
                cwd=folder,
                env={**os.environ, **environ},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            return f"can't be run: {error.strerror or error}", ()
        try:
            why = await _ended(process, test)
        finally:
            await _none_left(process)
        return why, _last_lines(output) if why else ()


async def _ended(process: asyncio.subprocess.Process, test: MustPass) -> str:
    try:
        async with asyncio.timeout(test.seconds):
            status = await process.wait()
    except TimeoutError:
        return f"did not end within {test.within}"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}" if status else ""


async def _none_left(process: asyncio.subprocess.Process) -> None:
    """Ends all that it started, unless it went into a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    if process.returncode is None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _last_lines(output: IO[bytes]) -> tuple[str, ...]:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _SHOWN_BYTES))
    text = hidden(output.read().decode(errors="replace"))
    return tuple(line[:300] for line in text.splitlines()[-_SHOWN_LINES:])


class GateAnswer(Struct, frozen=True, kw_only=True):
    """What came of all that is asked. `refused`: why nothing may be shipped, as sentences that name the next command.
    `findings`: for the record. `notes`: for who reads the plan. `waited`: it took so long that the plan may no longer
    be true."""

    refused: tuple[str, ...] = ()
    findings: tuple[GateFinding, ...] = ()
    notes: tuple[str, ...] = ()
    waited: bool = False

    def __add__(self, other: GateAnswer) -> GateAnswer:
        return GateAnswer(
            refused=self.refused + other.refused,
            findings=self.findings + other.findings,
            notes=self.notes + other.notes,
            waited=self.waited or other.waited,
        )


NOTHING = GateAnswer()
SIGNATURE, TESTS = "before-deploy/signature", "before-deploy/tests"


class DeployGate:
    """What the policy asks before one deploy: signatures, a fit host, tests."""

    def __init__(
        self, asked: DeployOptions, files: Sequence[str], desired: Desired, host: HostVerdict, say: Say
    ) -> None:
        """`files`: those of the project."""
        self._asked = asked
        self._files = files
        self._policy = asked.project.policy.before_deploy
        self._desired = desired
        self._host = host
        self._say = say

    async def answered(self) -> GateAnswer:
        """Raises UsageError for a key that is none, and for files that changed while they were tested."""
        answered = await self._signatures() + await self._host_is_fit()
        return answered if answered.refused else answered + await self._tests()

    async def _signatures(self) -> GateAnswer:
        wanted = to_verify(self._policy.signatures, self._services)
        excepted = tuple(
            GateFinding(control=SIGNATURE, subject=each.subject, outcome="excepted", says=f"by {each.excepted!r}")
            for each in wanted
            if each.excepted
        )
        verified = [each for each in wanted if not each.excepted and each.is_here]
        why = await asyncio.gather(*(why_unsigned(each) for each in verified))
        good = tuple(
            GateFinding(control=SIGNATURE, subject=each.subject, outcome="pass", says=f"{each.image} is signed")
            for each, reason in zip(verified, why, strict=True)
            if not reason
        )
        return GateAnswer(
            refused=tuple(dict.fromkeys(reason for reason in why if reason)),
            findings=(*good, *excepted),
            notes=tuple(
                f"{each.subject}: its signature is verified when it is pulled" for each in wanted if not each.is_here
            ),
        )

    async def _host_is_fit(self) -> GateAnswer:
        """Only where it is demanded a deploy waits for the verdict, and asks more hosts than one."""
        if self._policy.host is None and not self._asked.dry_run:
            self._host.begin()
            return NOTHING
        found = await self._host.findings(everywhere=self._policy.host is not None)
        notes = tuple(map(host_in_words, found))
        if self._policy.host is None:
            return GateAnswer(notes=notes)
        refused = tuple(self._unfit(each) for each in found if each.outcome not in ("pass", "excepted"))
        return GateAnswer(refused=refused, findings=() if refused else found, notes=() if refused else notes)

    def _unfit(self, found: GateFinding) -> str:
        demanded = f"{host_in_words(found)}, and policy.before_deploy.host demands it"
        way = self._host.ways[found.subject]
        if not way:
            return demanded
        where = f" --host {way}" if way.startswith("ssh://") else ""
        command = f"`dockworthy assess --level {self._policy.host}{where}`"
        tells = f"{command} says what would decide it" if found.outcome == "unknown" else f"{command} shows all of it"
        return f"{demanded}; {tells}"

    async def _tests(self) -> GateAnswer:
        tests = self._policy.all_tests
        if self._asked.dry_run:
            return GateAnswer(notes=tuple(f"would be run before: {hidden(test.shown)}" for test in tests))
        answered, before = NOTHING, self._content() if tests else ()
        for test in tests:
            one = await self._test(test)
            answered += one
            if one.refused:
                return answered
        if tests and self._content() != before:
            says = "the project's files changed while its tests ran: what was tested is not what would be shipped"
            return GateAnswer(refused=(f"{says}; `dockworthy deploy` begins anew",))
        return answered

    async def _test(self, test: MustPass) -> GateAnswer:
        shown = hidden(test.shown)
        self._say(f"before the deploy: {shown}")
        began = asyncio.get_running_loop().time()
        why, lines = await why_failed(test, self._asked.folder, self._environment)
        if why:
            for line in lines:
                self._say(f"  {line}")
            where = f"in {self._asked.folder}"
            return GateAnswer(refused=(f"`{shown}`, run {where}, {why} (policy.before_deploy.tests asks for it)",))
        took = asyncio.get_running_loop().time() - began
        passed = GateFinding(control=TESTS, subject=shown[:200], outcome="pass", says=f"passed in {took:.1f} s")
        return GateAnswer(findings=(passed,), waited=True)

    @property
    def _services(self) -> Mapping[str, ShippedService]:
        """What is shipped now: of a deploy of single services what stays as it was is not asked again."""
        desired, only = self._desired, self._asked.services
        shipped = {*only, *desired.jobs_before, *desired.jobs_after} if only else {*desired.services}
        return {name: each for name, each in desired.services.items() if name in shipped}

    @property
    def _environment(self) -> dict[str, str]:
        """So that a test can be of the very images that will be shipped."""
        images = {name: each.image for name, each in sorted(self._services.items())}
        return {"DOCKWORTHY_IMAGES": json.dumps(images), "DOCKWORTHY_COMMIT": commit_of(self._asked.folder)}

    def _content(self) -> tuple[object, ...]:
        """What tells that another thing would be shipped: the commit, and the files themselves."""
        return commit_of(self._asked.folder).partition(",")[0], *(_bytes(Path(name)) for name in self._files)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
