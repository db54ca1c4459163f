"""Every node that may run a task of the release has its image, or gets it: from its registry, or from here.

Source: Engine API v1.45, GET /nodes, /images.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from ....controls.sizes import in_words
from ....engine.connection import Connection
from ....engine.image_copy import copy_image, now_and_then, size_of
from ....engine.membership import membership_of
from ....engine.registry_login import registry_headers
from ....engine.site import engine_at
from ....errors import DockworthyError, EngineError, HostError, UsageError
from ....model.rollout import Desired, RolloutPlan, RolloutStep, StepKind
from ....model.saying import Say
from ...registry_answers import next_command
from .node_ways import NodeWay, must_be_node, way_to
from .placement import may_take

_STARTS = (StepKind.CREATE, StepKind.REPLACE, StepKind.SCALE, StepKind.RESTART, StepKind.JOB)


class WantedImage(Struct, frozen=True, kw_only=True):
    """`image`: what runs, `name@sha256:…` or an id. `reference`: as it was written. `services` need it; `takers` may
    run them, the node that is shipped to not among them."""

    image: str
    reference: str
    services: tuple[str, ...]
    takers: tuple[NodeWay, ...]

    @property
    def by_id(self) -> bool:
        return self.image.startswith("sha256:")


def wanted_images(
    desired: Desired,
    steps: Iterable[RolloutStep],
    nodes: Sequence[Mapping[str, Any]],
    *,
    here: str,
    hosts: Mapping[str, str],
) -> tuple[WantedImage, ...]:
    """Of services that tasks are started of, as far as other nodes may take these. `here`: this node's id; `hosts`:
    those of dockworthy.yaml, name -> endpoint."""
    found: dict[str, WantedImage] = {}
    for name in sorted({step.subject for step in steps if step.kind in _STARTS}):
        shipped = desired.services[name]
        service = desired.spec.services[name]
        others = (node for node in nodes if node["ID"] != here and may_take(node, service))
        takers = tuple(sorted((way_to(node, hosts) for node in others), key=lambda taker: taker.name))
        if not takers:
            continue
        known = found.get(shipped.image)
        found[shipped.image] = WantedImage(
            image=shipped.image,
            reference=shipped.reference,
            services=(*(known.services if known else ()), name),
            takers=tuple(dict.fromkeys((*(known.takers if known else ()), *takers))),
        )
    return tuple(found.values())


_REGISTRY = 20.0
"""Seconds."""


class Told(Struct, frozen=True, kw_only=True):
    """What a node has of the images that it was asked for. `error`: why it could not be asked."""

    has: frozenset[str] = frozenset()
    error: DockworthyError | None = None


async def asked_nodes(images: Mapping[NodeWay, Collection[str]], *, sudo: bool) -> dict[NodeWay, Told]:
    """Those that there is a way to, all at once. Nothing is raised for one that does not answer."""
    takers = [taker for taker in images if taker.endpoint]
    told = await asyncio.gather(*(_asked(taker, images[taker], sudo) for taker in takers))
    return dict(zip(takers, told, strict=True))


async def _asked(taker: NodeWay, images: Collection[str], sudo: bool) -> Told:
    try:
        async with engine_at(taker.endpoint, command="deploy", sudo=sudo) as engine:
            await must_be_node(engine, taker)
            sizes = {image: await size_of(engine, image) for image in images}
    except (HostError, EngineError, UsageError) as error:
        return Told(error=error)
    return Told(has=frozenset(image for image, size in sizes.items() if size is not None))


async def not_given(engine: Connection, wanted: Sequence[WantedImage]) -> dict[str, str]:
    """Image -> why its registry does not give it to the engine, in its words; those that it does give are left out."""
    said = await asyncio.gather(*(_registry_says(engine, each.image) for each in wanted))
    return {each.image: words for each, words in zip(wanted, said, strict=True) if words}


async def _registry_says(engine: Connection, image: str) -> str:
    headers = await registry_headers(image)
    try:
        await engine.send("GET", f"/distribution/{image}/json", headers=headers, seconds=_REGISTRY)
    except EngineError as error:
        return error.says.partition(": ")[2] or error.says
    return ""


class NodeImages:
    """Of one plan. `hosts`: those of dockworthy.yaml, name -> endpoint."""

    def __init__(self, engine: Connection, hosts: Mapping[str, str], *, sudo: bool, say: Say) -> None:
        self._engine = engine
        self._hosts = hosts
        self._sudo = sudo
        self._say = say
        self._loads: dict[str, tuple[WantedImage, tuple[NodeWay, ...]]] = {}

    async def planned(self, plan: RolloutPlan, desired: Desired) -> RolloutPlan:
        """The plan with images loaded first, where nodes lack them. A node that does not lack any is not changed.

        Raises UsageError, HostError where a task would find no image on a node that may take it.
        """
        nodes = await self._engine.get("/nodes") if plan.steps else ()
        if len(nodes) < 2:
            return plan
        here = (await membership_of(self._engine)).node
        wanted = wanted_images(desired, plan.steps, nodes, here=here, hosts=self._hosts)
        refused = await not_given(self._engine, [each for each in wanted if not each.by_id])
        must_have = [each for each in wanted if each.by_id or each.image in refused]
        images = {taker: [each.image for each in must_have if taker in each.takers] for taker in _takers(must_have)}
        told = await asked_nodes(images, sudo=self._sudo)
        notes = tuple(note for each in must_have for note in _unsure(each, told, refused.get(each.image, "")))
        steps = [step for each in must_have if (step := await self._step(each, told, refused.get(each.image, "")))]
        return structs.replace(plan, steps=(*steps, *plan.steps), notes=(*plan.notes, *notes))

    async def load(self, step: RolloutStep) -> None:
        """Node by node; one that has it meanwhile is left out. Raises EngineError, naming the node."""
        wanted, takers = self._loads[step.subject]
        for taker in takers:
            try:
                await self._load(wanted, taker)
            except DockworthyError as error:
                raise EngineError(
                    f"{wanted.reference} could not be loaded on {taker.name}: {error.says}",
                    hint="dockworthy deploy again goes on with the nodes that lack it",
                ) from None
            self._say(f"  {taker.name} has it")

    async def _load(self, wanted: WantedImage, taker: NodeWay) -> None:
        async with engine_at(taker.endpoint, command="deploy", sudo=self._sudo) as engine:
            await must_be_node(engine, taker)
            if await size_of(engine, wanted.image) is None:
                what = f"{wanted.reference} to {taker.name}"
                told = now_and_then(lambda went: self._say(f"  {what}: {in_words(went)}"))
                name = "" if "@" in wanted.reference else _with_tag(wanted.reference)
                await copy_image(self._engine, engine, wanted.image, name=name, told=told)

    async def _step(self, wanted: WantedImage, told: Mapping[NodeWay, Told], refused: str) -> RolloutStep | None:
        lacking = [taker for taker in wanted.takers if taker in told and wanted.image not in told[taker].has]
        if not wanted.by_id:
            _must_be_pulled(wanted, [taker for taker in lacking if told[taker].error is None], refused)
            return None
        for taker in lacking:
            if (error := told[taker].error) is not None:
                raise _unreached(wanted, taker, error)
        if not lacking:
            return None
        self._loads[wanted.image] = (wanted, tuple(lacking))
        size = await size_of(self._engine, wanted.image) or 0
        on = ", ".join(taker.name for taker in lacking)
        return RolloutStep(
            kind=StepKind.LOAD,
            subject=wanted.image,
            says=f"load {wanted.reference} ({in_words(size)}) on {on}",
            causes=("no registry has it", f"{' and '.join(wanted.services)} may run there"),
        )


def _takers(wanted: Sequence[WantedImage]) -> Iterator[NodeWay]:
    yield from dict.fromkeys(taker for each in wanted for taker in each.takers)


def _unsure(wanted: WantedImage, told: Mapping[NodeWay, Told], refused: str) -> Iterator[str]:
    """Of nodes that nobody can ask: a release goes on, and goes back where one turns out to have no image."""
    if strange := [taker.name for taker in wanted.takers if not taker.endpoint]:
        yield (
            f"nobody can tell which of {', '.join(strange)} has {wanted.reference}, as `hosts:` in dockworthy.yaml "
            f"names no way there: dockworthy hosts add ssh://root@HOST --name {strange[0]}"
        )
    for taker in wanted.takers if refused else ():
        if taker in told and (error := told[taker].error) is not None:
            yield f"whether {taker.name} has {wanted.reference} is not known: {error.says}"
    if refused:
        yield f"the registry does not give {wanted.image}: {refused}"


def _must_be_pulled(wanted: WantedImage, lacking: Sequence[NodeWay], refused: str) -> None:
    if lacking:
        names = ", ".join(taker.name for taker in lacking)
        raise UsageError(
            f"{' and '.join(wanted.services)} may run on {names}, where {wanted.image} is not, and its registry does "
            f"not give it: {refused}",
            hint=next_command(wanted.reference, refused),
        )


def _unreached(wanted: WantedImage, taker: NodeWay, error: DockworthyError) -> DockworthyError:
    """Before anything is changed: a task that meets no image there would fail."""
    way = f"or keep tasks from it: dockworthy hosts drain {taker.name}"
    return HostError(
        f"{' and '.join(wanted.services)} may run on {taker.name}, which can't be asked for {wanted.reference}: "
        f"{error.says}",
        hint=f"{error.hint}; {way}" if error.hint else way,
    )


def _with_tag(reference: str) -> str:
    """`latest` where none is written. An id names nothing."""
    if reference.startswith("sha256:"):
        return ""
    return reference if ":" in reference.rpartition("/")[2] else f"{reference}:latest"
