"""All that the policy asks before a deploy: what costs least first, commands last, and nothing is changed by it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from ...facts.secret_values import hidden
from ...model.before_deploy import MustPass
from ...model.release import GateFinding, ShippedService
from ...model.rollout import Desired
from ..asked import Asked, Say
from ..release_record import commit_of
from .commands import why_failed
from .host import HostVerdict, host_in_words
from .signatures import to_verify, why_unsigned


class Answered(Struct, frozen=True, kw_only=True):
    """What came of all that is asked. `refused`: why nothing may be shipped, as sentences that name the next command.
    `findings`: for the record. `notes`: for who reads the plan. `waited`: it took so long that the plan may no longer
    be true."""

    refused: tuple[str, ...] = ()
    findings: tuple[GateFinding, ...] = ()
    notes: tuple[str, ...] = ()
    waited: bool = False

    def __add__(self, other: Answered) -> Answered:
        return Answered(
            refused=self.refused + other.refused,
            findings=self.findings + other.findings,
            notes=self.notes + other.notes,
            waited=self.waited or other.waited,
        )


NOTHING = Answered()
SIGNATURE, TESTS = "before-deploy/signature", "before-deploy/tests"


class BeforeDeploy:
    """Of one deploy."""

    def __init__(self, asked: Asked, files: Sequence[str], desired: Desired, host: HostVerdict, say: Say) -> None:
        """`files`: those of the project."""
        self._asked = asked
        self._files = files
        self._policy = asked.project.policy.before_deploy
        self._desired = desired
        self._host = host
        self._say = say

    async def answered(self) -> Answered:
        """Raises UsageError for a key that is none, and for files that changed while they were tested."""
        answered = await self._signatures() + await self._host_is_fit()
        return answered if answered.refused else answered + await self._tests()

    async def _signatures(self) -> Answered:
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
        return Answered(
            refused=tuple(dict.fromkeys(reason for reason in why if reason)),
            findings=(*good, *excepted),
            notes=tuple(
                f"{each.subject}: its signature is verified when it is pulled" for each in wanted if not each.is_here
            ),
        )

    async def _host_is_fit(self) -> Answered:
        """Only where it is demanded a deploy waits for the verdict, and asks more hosts than one."""
        if self._policy.host is None and not self._asked.dry_run:
            self._host.begin()
            return NOTHING
        found = await self._host.findings(everywhere=self._policy.host is not None)
        notes = tuple(map(host_in_words, found))
        if self._policy.host is None:
            return Answered(notes=notes)
        refused = tuple(self._unfit(each) for each in found if each.outcome not in ("pass", "excepted"))
        return Answered(refused=refused, findings=() if refused else found, notes=() if refused else notes)

    def _unfit(self, found: GateFinding) -> str:
        demanded = f"{host_in_words(found)}, and policy.before_deploy.host demands it"
        way = self._host.ways[found.subject]
        if not way:
            return demanded
        where = f" --host {way}" if way.startswith("ssh://") else ""
        command = f"`dockworthy assess --level {self._policy.host}{where}`"
        tells = f"{command} says what would decide it" if found.outcome == "unknown" else f"{command} shows all of it"
        return f"{demanded}; {tells}"

    async def _tests(self) -> Answered:
        tests = self._policy.all_tests
        if self._asked.dry_run:
            return Answered(notes=tuple(f"would be run before: {hidden(test.shown)}" for test in tests))
        answered, before = NOTHING, self._content() if tests else ()
        for test in tests:
            one = await self._test(test)
            answered += one
            if one.refused:
                return answered
        if tests and self._content() != before:
            says = "the project's files changed while its tests ran: what was tested is not what would be shipped"
            return Answered(refused=(f"{says}; `dockworthy deploy` begins anew",))
        return answered

    async def _test(self, test: MustPass) -> Answered:
        shown = hidden(test.shown)
        self._say(f"before the deploy: {shown}")
        began = asyncio.get_running_loop().time()
        why, lines = await why_failed(test, self._asked.folder, self._environment)
        if why:
            for line in lines:
                self._say(f"  {line}")
            where = f"in {self._asked.folder}"
            return Answered(refused=(f"`{shown}`, run {where}, {why} (policy.before_deploy.tests asks for it)",))
        took = asyncio.get_running_loop().time() - began
        passed = GateFinding(control=TESTS, subject=shown[:200], outcome="pass", says=f"passed in {took:.1f} s")
        return Answered(findings=(passed,), waited=True)

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
