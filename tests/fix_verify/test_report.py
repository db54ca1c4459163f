"""How a proof is told: what is kept and refused, what was measured, what no run can show."""

from __future__ import annotations

import json

import yaml
from msgspec import structs

from dockworthy.model.fix import Change, Fix, FixKind
from dockworthy.model.repair import FileRepair, Repair
from dockworthy.model.verified import FinalState, Measured, ProvenChange, ProvenNeed, RefusedChange, Verified
from dockworthy.report.repair import render_repair, repair_json

DROPPED = Change("web", ("cap_drop",), ["ALL"])
VERIFIED = Verified(
    kept=(ProvenChange(service="web", says="it has no capability", changes=(DROPPED,), controls=("workload/x",)),),
    refused=(
        RefusedChange(service="web", says="it runs as user 1:1", why="it ends with status 1", log="open: denied"),
    ),
    measured=(Measured(service="web", up_after=1.25, memory=3 * 1024 * 1024, cpus=0.5, pids=1, wrote=("/a", "/b")),),
    states=(FinalState(service="web", state="up", how="it listens on 80"),),
    trials=7,
    seconds=12.3,
    notes=("web runs without its `devices`",),
)


def repair(*offered: Fix) -> Repair:
    fix = Fix(control="workload/x", subject="c.yaml#web", kind=FixKind.TO_BE_PROVEN, says="drops", changes=(DROPPED,))
    file = FileRepair(file="c.yaml", old="a\n", new="b\n", made=(fix,), offered=offered, verified=VERIFIED)
    return Repair(files=(file,))


def test_for_people() -> None:
    offered = Fix(control="workload/y", subject="c.yaml#web", kind=FixKind.TO_BE_PROVEN, says="takes devices away")
    shown = render_repair(repair(offered), width=100, colour=False)
    words = " ".join(shown.split())
    assert "web it has no capability (workload/x)" in words and "to be proven" not in words
    assert "web it runs as user 1:1: it ends with status 1 its log: open: denied" in words
    assert "up after 1.2 s, 3 MiB, 0.50 CPU at most, 1 process or thread, wrote /a, /b" in words
    assert "web up: it listens on 80" in words and "- web runs without its `devices`" in words
    assert "no run can show it web takes devices away (workload/y)" in words
    assert "1 change proven, 1 refused, in 7 starts and 12 s. 1 more no run can show: --all takes it in." in words


def test_what_is_needed_is_offered_as_an_exception() -> None:
    need = ProvenNeed(control="workload/x", service="web", reason='chown: "/data": Operation not permitted # \x1b')
    verified = structs.replace(VERIFIED, needs=(need,))
    made = Repair(files=(FileRepair(file="c.yaml", old="a\n", new="b\n", verified=verified),))
    shown = render_repair(made, width=60, colour=False)
    offered = shown[shown.index("    policy:") :].partition("  measured")[0]
    (exception,) = yaml.safe_load(offered)["policy"]["exceptions"]
    assert (exception["control"], exception["subject"], exception["reason"]) == (need.control, "web", need.reason)
    (file,) = json.loads(repair_json(made))["files"]
    assert file["verified"]["exceptions"] == [{"control": "workload/x", "subject": "web", "reason": need.reason}]


def test_for_programs() -> None:
    (file,) = json.loads(repair_json(repair()))["files"]
    assert file["verified"]["kept"] == [{"service": "web", "says": "it has no capability", "controls": ["workload/x"]}]
    assert file["verified"]["refused"][0]["log"] == "open: denied"
    assert file["verified"]["measured"][0]["wrote"] == ["/a", "/b"] and file["verified"]["trials"] == 7


def test_a_log_can_not_steer_the_terminal() -> None:
    refused = RefusedChange(service="web", says="x", why="y", log="\x1b[31mred\x1b]0;title\x07")
    verified = Verified(kept=(), refused=(refused,), measured=(), states=(), trials=1, seconds=1)
    shown = render_repair(
        Repair(files=(FileRepair(file="c", old="", new="", verified=verified),)), width=80, colour=False
    )
    assert "\x1b" not in shown and "red" in shown
