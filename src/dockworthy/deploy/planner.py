"""Makes the plan of one release: looks anew at what runs and at its edge, and asks planning/ for the steps."""

from __future__ import annotations

from msgspec import Struct, structs

from ..model.release import Release
from ..model.rollout import Question, RolloutPlan, StepKind
from .backend import Backend
from .edge.external_proxy import Theirs, what_is_lost
from .edge.project_edge import ProjectEdge
from .options import DeployOptions
from .other_projects import Others, joins
from .planning.adopting import with_adopted
from .planning.causes import EarlierReleases
from .planning.plan import plan_of
from .preparing import Prepared
from .targets.target import Target


class Planner(Struct, frozen=True, kw_only=True):
    """What a plan is made of, besides what it looks at. `last`: the release that what runs is of; `known`: what
    earlier releases say of it; `theirs`: an edge that is not ours; `standby`: how long the old ones run on."""

    to: Backend
    target: Target
    prepared: Prepared
    asked: DeployOptions
    edge: ProjectEdge
    theirs: Theirs | None
    last: Release | None
    known: EarlierReleases | None
    standby: str | None
    apart: frozenset[str] = frozenset()
    """Projects whose volumes are their own, whatever they are called."""
    others: Others | None = None
    """What other projects have, where that is asked about: what a release returns to was asked about before."""
    questions: tuple[Question, ...] = ()
    """Of the record that is shipped, where anything is to do."""

    async def plan(self) -> RolloutPlan:
        """Routes are opened first, and closed last."""
        desired, running = self.prepared.desired, await self.target.running()
        plan = plan_of(
            desired,
            running,
            number=await self.to.elsewhere.next_number(),
            last=self.last,
            accepted=self.asked.accept,
            only=self.asked.services,
            known=self.known,
            standby=self.standby,
            apart=self.apart,
        )
        if self.known is not None:
            plan = with_adopted(plan, desired, running, self.last, self.asked.services, self.known)
        if self.others is not None:
            changed = {step.subject for step in plan.steps}
            more = (each for each in joins(desired, self.others, running) if each.accept not in self.asked.accept)
            asked = (each for each in more if each.accept.removesuffix(":joins") in changed)
            plan = structs.replace(plan, questions=(*plan.questions, *asked))
        if plan.steps:
            asked = (each for each in self.questions if each.accept not in self.asked.accept)
            plan = structs.replace(plan, questions=(*plan.questions, *asked))
        return await self.target.planned(await self._with_the_edge(plan))

    async def _with_the_edge(self, plan: RolloutPlan) -> RolloutPlan:
        """The plan with the step of the edge, and notes on it."""
        theirs, edge = self.theirs, self.edge
        lost = what_is_lost(theirs, self.prepared.settings) if theirs is not None and not plan.is_empty else ()
        steps, opening = plan.steps, await edge.step()
        if opening is not None and edge.wanted is not None:
            steps = (opening, *steps)
        elif opening is not None:  # who leaves its network is told to nobody any more by then
            leave = tuple(step for step in steps if step.kind is StepKind.LEAVE_EDGE)
            steps = (*(step for step in steps if step not in leave), opening, *leave)
        notes = (*plan.notes, *self.prepared.notes, *edge.notes, *edge.waiting(plan.steps), *lost)
        return structs.replace(plan, steps=steps, notes=notes)
