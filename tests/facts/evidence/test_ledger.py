"""The ledger of proofs, as facts of a host: root's regular files, few and small, their text cleaned."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.evidence.ledger import LEDGER, read_ledger, read_proven, read_proven_on_swarm
from dockworthy.facts.host.root import Root
from dockworthy.model.evidence import Drill, ToolTask
from dockworthy.model.field import Source
from dockworthy.model.kept_on_swarm import OF_ADMINS
from dockworthy.model.kept_proof import file_name, proof_as_json
from drills.proofs import proof

from .host_files import Tree


def keep(tree: Tree, number: int = 1, **more: Any) -> str:
    kept = proof(**more)
    path = f"{LEDGER}/{file_name(kept, f'{number:08x}')}"
    tree.write(path, proof_as_json(kept).decode())
    os.chmod(tree.path(path), 0o600)
    return path


def found(folder: Path) -> list[Drill]:
    return [*read_proven(Root(folder))]


def test_of_each_question_the_proof_that_counts(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    assert found(tmp_path) == []
    keep(tree, 1, at="2026-11-01T00:00:00Z")
    newest = keep(tree, 2, passed=False, says="the database did not start")
    keep(tree, 3, claim="2.policy", drill="guard", subject="engine")
    keep(tree, 4, claim="9.unheard-of")
    restore, guard = found(tmp_path)
    assert restore == Drill(
        "1.backup",
        ToolTask.RESTORE,
        "dockworthy drill restore",
        "the database did not start",
        "2026-12-01T03:00:00Z",
        passed=False,
        source=Source(newest),
        lapses="2026-12-15T03:00:00Z",
        proves="the restore of shop",
    )
    assert (guard.demand, guard.does, guard.passed) == ("2.policy", ToolTask.SETUP, True)


def test_what_is_not_roots_alone_counts_for_nothing(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    path = keep(tree)
    assert len(found(tmp_path)) == 1
    tree.path(path).chmod(0o660)
    assert found(tmp_path) == []
    tree.path(path).chmod(0o600)
    whole = tree.path(path).read_bytes()
    tree.path(path).rename(tmp_path / "elsewhere")
    tree.path(path).symlink_to("/elsewhere")
    assert found(tmp_path) == []
    for damage in (b"{cut", b'{"schema": 2}', whole.replace(b"}", b', "x": "' + b"y" * 20_000 + b'"}')):
        tree.path(path).unlink()
        tree.path(path).write_bytes(damage)
        tree.path(path).chmod(0o600)
        assert found(tmp_path) == []
        assert len(read_ledger(Root(tmp_path), LEDGER)[1]) == 1
    tree.path(path).unlink()
    os.mkfifo(tree.path(path), 0o600)
    assert found(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file away")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    os.chown(tree.path(keep(tree)), 1234, 1234)
    assert found(tmp_path) == []


def test_a_folder_with_too_much_is_read_in_part(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for number in range(9):
        keep(tree, number, at=f"2026-11-{1 + number:02}T00:00:00Z")
    seen, damaged = read_ledger(Root(tmp_path), LEDGER)
    assert [each.at[:10] for _, each in seen] == ["2026-11-09", "2026-11-08", "2026-11-07"] and damaged == ()


def test_text_is_cleaned(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    keep(tree, says=f"postgresql://shop:correct-horse-battery@db/shop {'x' * 900}")
    (drill,) = found(tmp_path)
    assert "horse" not in drill.says and len(drill.says) == 300


def test_on_a_swarm_only_what_an_admin_wrote_counts() -> None:
    def config(name: str, data: bytes, **labels: str) -> dict[str, Any]:
        return {"ID": name, "Spec": {"Name": name, "Data": base64.b64encode(data).decode(), "Labels": labels}}

    whole = proof_as_json(proof())
    admins = {OF_ADMINS: "yes"}
    good = config("dockworthy.proof.1", whole, **admins)
    forged = config("dockworthy.proof.2", proof_as_json(proof(subject="project/bank")))
    damaged = [
        config("dockworthy.proof.3", b"{cut", **admins),
        {"Spec": {"Labels": admins, "Data": "?"}},
        {"Spec": 3},
        4,
    ]
    (drill,) = read_proven_on_swarm([good, forged, *damaged])
    assert (drill.proves, drill.source) == ("the restore of shop", Source("config dockworthy.proof.1"))
    assert [*read_proven_on_swarm(None)] == [*read_proven_on_swarm({"message": "no"})] == []
