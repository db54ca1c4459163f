"""What is the same of several services is said once: of a repair, and of what a run has proven."""

from __future__ import annotations

from dockworthy.model.fix import Fix, FixKind
from dockworthy.model.repair import FileRepair, NotMade, Repair
from dockworthy.model.verified import FinalState, ProvenChange, RefusedChange, Verified
from dockworthy.report.repair import render_repair, repair_json

ROTATES = "keeps three log files of 10 MB at most"
SERVICES = ("web", "worker", "beat")


def fix(service: str, says: str = ROTATES, *, may_break: str = "", lines: tuple[int, ...] = ()) -> Fix:
    subject = f"compose.yaml#{service}"
    return Fix(
        control="workload/log-rotation", subject=subject, kind=FixKind.SAFE, says=says, may_break=may_break, lines=lines
    )


def shown(file: FileRepair) -> str:
    return " ".join(render_repair(Repair(files=(file,), written=True), width=200, colour=False).split())


def test_a_fix_of_several_services_is_one_sentence_that_lists_them() -> None:
    file = FileRepair(file="compose.yaml", old="", new="x", made=(*map(fix, SERVICES), fix("db", "names the digest")))
    text = shown(file)
    assert text.count(ROTATES) == 1
    assert f"3 services {ROTATES} (workload/log-rotation): web, worker, beat" in text
    assert "db names the digest (workload/log-rotation)" in text
    assert "4 fixes made" in text, "they are counted as before"
    assert repair_json(Repair(files=(file,), written=True)).count(ROTATES.encode()) == 3, "programs get each"


def test_what_might_break_or_stands_on_other_lines_stays_apart() -> None:
    made = (
        fix("web"),
        fix("worker", may_break="collectors"),
        fix("Dockerfile", lines=(3,)),
        fix("Dockerfile", lines=(9,)),
    )
    assert shown(FileRepair(file="compose.yaml", old="", new="x", made=made)).count(ROTATES) == 4


def test_why_a_fix_is_not_made_is_said_once() -> None:
    left = tuple(NotMade(fix(service), "the anchor is shared", "write it out") for service in SERVICES)
    text = shown(FileRepair(file="compose.yaml", old="", new="", not_made=left))
    assert text.count("the anchor is shared; write it out") == 1 and "web, worker, beat" in text


def test_what_a_run_has_proven_is_said_once() -> None:
    verified = Verified(
        kept=tuple(ProvenChange(service=service, says="drops all capabilities", changes=()) for service in SERVICES),
        refused=tuple(
            RefusedChange(service=service, says="read-only root", why="it ends with status 1") for service in SERVICES
        ),
        measured=(),
        trials=3,
        seconds=1.0,
        notes=(*(f"{service}: no limit is proposed" for service in SERVICES), "limits: look at them", "web: another"),
        states=tuple(FinalState(service=service, state="running", how="it listens on 80") for service in SERVICES),
    )
    text = shown(FileRepair(file="compose.yaml", old="", new="x", verified=verified))
    assert (
        text.count("drops all capabilities") == text.count("it ends with status 1") == text.count("it listens on") == 1
    )
    assert text.count("web, worker, beat") == 4
    assert "- web, worker, beat: no limit is proposed - limits: look at them - web: another" in text
