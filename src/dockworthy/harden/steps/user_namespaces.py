"""userns-remap: only where it was asked for by name, for it gives the engine a new and empty data root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.finding import Finding
from ...model.hardening import Effect, NotDone, SetSettings, Step
from ..situation import Planning, Situation, causes_of

_CONTROL = "engine/user-namespaces"


def plan_user_namespaces(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """Never while containers run: they would go on, and no engine would know them."""
    if _CONTROL not in situation.named:
        yield NotDone(
            id=_CONTROL,
            why="userns-remap gives the engine a new, empty data root: images, containers and volumes seem gone",
            instead=f"save the volumes, then: dockworthy harden --only {_CONTROL} (it shows what would be hidden)",
        )
    elif situation.running:
        yield NotDone(
            id=_CONTROL,
            why=f"containers run ({', '.join(sorted(situation.running)[:8])}), and the engine would not know them "
            "any more",
            instead="save their volumes, stop them, and run this again",
        )
    else:
        yield Step(
            id=_CONTROL,
            title="Root in a container is nobody on the host",
            causes=causes_of(findings),
            deeds=(SetSettings(values={"userns-remap": "default"}),),
            effect=Effect.RESTART,
            disturbs=(
                f"the engine begins with an empty data root: {_hidden(situation)} are not seen until this is undone",
                "the engine makes an account dockremap with a range in /etc/subuid and /etc/subgid, which stays",
                "containers that share a namespace of the host need --userns=host",
            ),
            undone_by="the old daemon.json and a restart: the old data root is seen again, the new one is not",
        )


def _hidden(situation: Situation) -> str:
    machine = situation.machine
    containers = sum(1 for unit in machine.units if unit.kind == "container")
    return f"{containers} containers, {len(machine.images)} images and {len(machine.volumes)} volumes"


PLANNINGS = {_CONTROL: Planning(plan=plan_user_namespaces)}
