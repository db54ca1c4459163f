"""A proof of a file that `fix` changed before, unproven, and that does not come up: the way back is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.cli import fix_verify
from dockworthy.cli.run import run
from dockworthy.fix.verify.stages import NotProven
from dockworthy.model.levels import Level
from dockworthy.model.policy import ProjectFile
from dockworthy.repair import RepairOptions, plan_repair


@pytest.mark.parametrize("fixed_before", [True, False])
def test_the_way_back_is_named(fixed_before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_up(*_: object, **__: object) -> None:
        raise NotProven("web does not come up", hint="see what it runs without")

    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dockworthy.proving.prove_repair", not_up)
    Path("compose.yaml").write_text("services:\n  web:\n    image: shop\n")
    if fixed_before:
        assert run(["fix", "--all", "--yes", "compose.yaml"]) == 0
    asked = RepairOptions(level=Level.PRODUCTION)
    with pytest.raises(NotProven) as failed:
        fix_verify.proven(
            plan_repair(["compose.yaml"], asked), asked, ProjectFile(),
            hosts=(), probes=(), hand_in=(), pull=False, within=1.0,
        )  # fmt: skip
    assert ("`dockworthy fix --undo compose.yaml` puts it back" in failed.value.hint) is fixed_before
    assert "see what it runs without" in failed.value.hint
