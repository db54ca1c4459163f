"""What was shipped here proves, or speaks against, the way back and deploys without a failed request."""

from __future__ import annotations

from pathlib import Path

import msgspec

from deploy.composed import composed
from dockworthy.facts.evidence.releases import RELEASES, RENEWALS, read_drills
from dockworthy.facts.host.root import Root
from dockworthy.model.release import Observation, Release, ReleaseState, release_as_json

from .host_files import Tree


def kept(tree: Tree, number: int, state: ReleaseState = ReleaseState.KEPT, **more: object) -> None:
    release = Release(
        number=number,
        project="shop",
        target="compose",
        state=state,
        spec=composed(),
        services={},
        ended=f"2026-11-{number:02}T10:00:00Z",
        **more,  # type: ignore[arg-type]
    )
    tree.write(f"{RELEASES}/shop/{number}.json", release_as_json(release).decode())


def drills(folder: Path) -> dict[str, tuple[bool, str]]:
    return {drill.demand: (drill.passed, drill.says) for drill in read_drills(Root(folder))}


def test_a_rollback_that_was_made_and_a_deploy_under_requests(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    kept(tree, 1)
    seen = Observation(seconds=30, probes=300, requests=5000, requests_failed=0)
    kept(tree, 2, steps=("replace web: new beside old",), observation=seen)
    kept(tree, 3, returns_to=1, rollback_of=2)
    tree.write(f"{RELEASES}/shop/last", "3\n")
    assert drills(tmp_path) == {
        "3.rollback": (True, "release 3 of shop went back to release 1"),
        "3.zero-downtime": (True, "release 2 of shop was shipped under 300 probes and 5,000 requests, and none failed"),
    }


def test_what_went_wrong_speaks_against_it(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    seen = Observation(seconds=30, probes=300, probes_failed=2)
    kept(tree, 1, steps=("replace web: old first",), observation=seen)
    kept(tree, 2, ReleaseState.FAILED, observation=seen)
    found = drills(tmp_path)
    assert found["3.rollback"] == (False, "release 2 of shop failed and could not be taken back")
    assert found["3.zero-downtime"] == (False, "release 1 of shop was shipped under 300 probes, and 2 failed")


def test_a_first_start_and_a_damaged_record_prove_nothing(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    kept(tree, 1, steps=("create web",), observation=Observation(seconds=30, probes=300))
    tree.write(f"{RELEASES}/shop/2.json", "{")
    assert drills(tmp_path) == {}


def test_a_certificate_that_could_not_be_renewed_speaks_against_the_edge(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    assert drills(tmp_path) == {}
    failure = {"at": "2026-11-26T10:00:00Z", "says": "the name does not lead here"}
    known = {"tried": failure["at"], "by_itself": "a timer", "failed": {"shop.example.com": failure}}
    tree.write(RENEWALS, msgspec.json.encode(known).decode())
    says = "the certificate for shop.example.com could not be renewed: the name does not lead here"
    assert drills(tmp_path) == {"3.zero-downtime": (False, says)}
    tree.write(RENEWALS, '{"failed": 3')
    assert drills(tmp_path) == {}
