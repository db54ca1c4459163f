"""The gate that roles make: who asks, which roles they have, and the policy where no plugin stands behind.

Who connected, as far as it shows at once: by the kernel's facts, or by a certificate.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct, structs

from ...model.guard_policy import Binding
from ..decision import Decision, Refusal, refused
from ..fair_threads import ASKER
from ..identity.identify import certificate, identity_of, user
from ..identity.identity import NOBODY, Identity
from ..identity.peer import Peer, peer_of
from ..judges import judge_call, refusal_of, understood
from ..judges.kept_logins import refused_kept_login
from ..large_requests import aside, is_large
from ..policy_in_force import PolicyInForce
from ..request import GuardRequest, NotAName, NotThere
from ..rights.deciding import Allowed, Denied, decide
from ..rights.device_nodes import refused_with_mknod, without_mknod
from ..rights.people_world import PeopleWorld
from ..rights.showing import kind_shown, shown
from ..routes import Call, Right
from .connection_limits import SlotOwner
from .gate import Passage
from .redaction import HIDING


class Met(Struct):
    """The kernel's facts are read at once, names when they are first needed."""

    facts: Peer | Identity
    identity: Identity | None = None
    is_admin: bool = False
    role: str = ""
    grant: str = ""

    @property
    def name(self) -> str:
        """Without asking the engine."""
        if self.identity is not None:
            return self.identity.name
        facts = self.facts
        if isinstance(facts, Identity):
            return facts.name
        if facts.containers and (facts.foreign or facts.mounts):
            return f"container {facts.containers[-1][:12]}, as its control group is called"
        return f"{NOBODY.name}: {facts.foreign}" if facts.foreign else user(facts.uid).name

    @property
    def owner(self) -> SlotOwner:
        """A container's processes count as that container's, whatever user they run as. Who sees the host's own
        processes and mounts is in no container, whatever a control group is called."""
        facts = self.facts
        if isinstance(facts, Identity):
            return SlotOwner(facts.name)
        here = not facts.foreign and not (facts.containers and facts.mounts)
        return SlotOwner(
            self.name if here else f"{self.name} (uid {facts.uid})",
            is_root=here and not (facts.uid or facts.mounts),
            mounts="" if here else facts.mounts,
        )


def meet(transport: asyncio.BaseTransport) -> Met:
    """Never raises: who can't be looked up is nobody."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is not None:
        return Met(certificate(tls.getpeercert()))
    connection: socket.socket = transport.get_extra_info("socket")
    with socket.socket(fileno=os.dup(connection.fileno())) as own:  # uvloop's is not a whole one
        return Met(peer_of(own))


_UNSEEN = frozenset(("POST /auth",))
"""Routes whose JSON the engine shows to no plugin."""
_ENDED = "A stream ends with the role that opened it"

_ATTACH = "POST /containers/{container}/attach"
_SENT_TO_ALL = frozenset(("GET /events", "GET /containers/{container}/stats"))
"""The engine sends each piece to all who listen, and waits for who does not read: 100 ms for each event."""

Held = Callable[[Identity], Sequence[Binding]]
"""The roles of somebody, now."""
Granted = Callable[[Binding], str]
"""The id of the grant that gives a role; empty where the policy does."""
Told = Callable[[GuardRequest, Decision], Decision]
"""Hears of each decision, with the name of who asked, and gives back the one that holds."""


class Stamping(Protocol):
    """Tells the plugin who asks."""

    def stamp(
        self, method: str, target: str, body: bytes, *, is_admin: bool, who: str, role: str, grant: str
    ) -> tuple[str, str]: ...


class RoleGate:
    """`floor` is judged here where no plugin does it, `unseen` of what the engine shows its plugin too little;
    `reserved` are containers with roles of their own, `projects` those that roles are limited to."""

    def __init__(
        self,
        world: PeopleWorld,
        held: Held,
        *,
        told: Told,
        floor: Callable[[], PolicyInForce] | None = None,
        unseen: Callable[[], PolicyInForce] | None = None,
        reserved: Callable[[], frozenset[str]] = frozenset,
        projects: Callable[[], frozenset[str]] = frozenset,
        stamping: Stamping | None = None,
        granted: Granted = lambda _: "",
    ) -> None:
        self._world, self._held, self._told = world, held, told
        self._floor, self._unseen = floor, unseen
        self._reserved, self._projects, self._stamping = reserved, projects, stamping
        self._granted = granted

    def meet(self, transport: asyncio.BaseTransport) -> Met:
        return meet(transport)

    def owner(self, who: Met) -> SlotOwner:
        return who.owner

    async def judge(self, asked: GuardRequest, who: Met) -> Passage | Decision:
        identity = who.identity.now if who.identity is not None else await self._identity(who)
        who.identity = identity
        ASKER.set(identity.name)
        call = understood(asked)
        if isinstance(call, Decision):
            return self._told(structs.replace(asked, user=identity.name), call)
        held = tuple(self._held(identity))
        try:
            answer = await self._decided(call, identity, held)
            decision = await self._decision(call, answer)
        except NotAName as error:
            wrong = Decision(action=call.route.action, subject=call.subject, refusals=(refusal_of(error),))
            return self._told(structs.replace(asked, user=identity.name), wrong)
        except NotThere as error:
            self._told(structs.replace(asked, user=identity.name), call.passes)
            return Decision(action=call.route.action, subject=call.subject, absent=str(error), status=error.status)
        shows = _shows_secrets(answer, identity)
        if shows and decision.allowed:
            decision = structs.replace(decision, reads_secrets=True)
        by_plugin = self._floor is None and decision.allowed and not (shows and call.right is Right.VIEW)
        if not by_plugin:  # which does not know what of the answer is shown
            role, grant = self._by(answer.by) if isinstance(answer, Allowed) else ("", "")
            decision = self._told(structs.replace(asked, user=identity.name, role=role, grant=grant), decision)
        if isinstance(answer, Denied) or not decision.allowed:
            return decision
        who.is_admin = answer.is_admin
        who.role, who.grant = self._by(answer.by)
        return await self._passage(answer, held, told=shows)

    async def renewed(self, passage: Passage, who: Met) -> Passage | None:
        try:
            identity = await self._identity(who)
            held = tuple(self._held(identity))
            if held == passage.held:
                return passage
            answer = await self._decided(passage.call, identity, held)
            if isinstance(answer, Allowed):
                now = await self._passage(answer, held)
                if (now.hides, now.shown) == (passage.hides, passage.shown):
                    return now
        except Exception as error:
            answer = Denied(reasons=(refused("guard/error", _ENDED, f"it can't be told ({type(error).__name__})"),))
        call = passage.call
        less = refused("guard/roles", _ENDED, f"{who.name} sees less of it now")
        reasons = answer.reasons if isinstance(answer, Denied) else (less,)
        refusals = tuple(structs.replace(why, title=_ENDED) for why in reasons)
        decision = Decision(action=call.route.action, subject=call.subject, refusals=refusals)
        self._told(GuardRequest(method=call.route.method, target=call.route.path, user=who.name), decision)
        return None

    def roles_still_allow(self, passage: Passage, who: Met) -> bool:
        identity = who.identity
        if not passage.by_roles or identity is None or identity.now is not identity:
            return False
        try:
            if tuple(self._held(identity)) != passage.held:
                return False
        except Exception:
            return False
        who.is_admin = passage.is_admin
        who.role, who.grant = self._by(passage.by)
        return True

    def unjudged(self, asked: GuardRequest, says: str, who: Met) -> None:
        refusal = refused("guard/connections", "Requests can be read, come at a pace, and reach the engine", says)
        self._told(structs.replace(asked, user=who.name), Decision(action="unread", refusals=(refusal,)))

    def stamp(self, method: str, target: str, body: bytes, who: Met) -> tuple[tuple[str, str], ...]:
        if self._stamping is None or who.identity is None:
            return ()
        return (
            self._stamping.stamp(
                method, target, body, is_admin=who.is_admin, who=who.identity.name, role=who.role, grant=who.grant
            ),
        )

    def _by(self, binding: Binding | None) -> tuple[str, str]:
        """Role and grant, for the audit."""
        return ("", "") if binding is None else (binding.role.value, self._granted(binding))

    async def _passage(self, answer: Allowed, held: tuple[Binding, ...], *, told: bool = False) -> Passage:
        """`told`: each time that it is asked is told of."""
        services = await self._world.services() if answer.limits and kind_shown(answer.call) == "task" else ()
        seen = shown(answer.call, answer.limits, services)
        alone = answer.by_roles and self._floor is None and not answer.call.body
        by_roles = alone and not told and (answer.is_admin or answer.call.route.line not in _UNSEEN)
        return Passage(
            call=answer.call,
            hides=_hides(answer),
            shown=seen,
            held=held,
            by_roles=by_roles,
            must_read=_must_read(answer),
            is_admin=answer.is_admin,
            by=answer.by,
        )

    async def _decided(self, call: Call, identity: Identity, held: tuple[Binding, ...]) -> Allowed | Denied:
        """Raises EngineError, NotCanonical."""
        if not is_large(call.body):
            return await self._decided_by(self._world, call, identity, held)
        return await aside(lambda there: self._decided_by(there, call, identity, held), self._world)

    async def _decided_by(
        self, world: PeopleWorld, call: Call, identity: Identity, held: tuple[Binding, ...]
    ) -> Allowed | Denied:
        in_force = self._floor or self._unseen
        signed = in_force().must_be_signed if in_force is not None else (lambda image: False)
        grants = self._floor is None
        answer = await decide(
            call, identity, held, world, self._reserved, grants=grants, signed=signed, projects=self._projects
        )
        if isinstance(answer, Denied):
            return answer
        if not answer.is_admin:
            reasons = [each async for each in refused_with_mknod(answer.call, world)]
            reasons += [each async for each in refused_kept_login(answer.call, world)]
            if reasons:
                return Denied(reasons=tuple(reasons), within=True)
        return structs.replace(answer, call=without_mknod(answer.call, is_admin=answer.is_admin))

    async def _identity(self, who: Met) -> Identity:
        if who.identity is None:
            facts = who.facts
            who.identity = await identity_of(facts, self._world) if isinstance(facts, Peer) else facts
        who.identity = who.identity.now
        return who.identity

    async def _decision(self, call: Call, answer: Allowed | Denied) -> Decision:
        if isinstance(answer, Denied):
            policy = self._floor or self._unseen
            more: tuple[Refusal, ...] = ()
            if answer.within and policy is not None and call.route.judge:  # so that nobody has to ask twice
                more = (await judge_call(call, self._world, policy())).refusals
            refusals = tuple(dict.fromkeys((*answer.reasons, *more)))
            return Decision(action=call.route.action, subject=call.subject, refusals=refusals)
        policy = self._floor or (self._unseen if call.route.line in _UNSEEN else None)
        if policy is None or answer.is_admin or not call.route.judge:
            return call.passes
        return await judge_call(answer.call, self._world, policy())


def _shows_secrets(answer: Allowed | Denied, who: Identity) -> bool:
    """The host's root is left out, who could read all of it on the disk: what watches a host (dockworthy, too) looks at
    everything every few seconds."""
    if isinstance(answer, Denied) or (answer.is_admin and who.is_root):
        return False
    return answer.call.right is Right.SECRETS or (answer.sees_secrets and answer.call.route.line in HIDING)


def _must_read(answer: Allowed) -> bool:
    """A container waits for who is attached to it: for those who may stop it anyway this is what they want, when its
    output goes into a pipe."""
    line = answer.call.route.line
    return line in _SENT_TO_ALL or (line == _ATTACH and not answer.may_stop)


def _hides(answer: Allowed) -> bool:
    return not answer.sees_secrets and answer.call.route.line in HIDING
