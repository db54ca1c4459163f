"""The edge's own container is fit for production by our own policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from conftest import Run
from dockworthy.deploy.edge.compose_file import accepted, compose_file

_IMAGE = f"dockworthy-edge@sha256:{'a' * 64}"


def _check(run: Run, folder: Path, *, has_shell: bool) -> dict[str, str]:
    """The answer, and what failed, where each exception that we name has been made."""
    spec = compose_file(_IMAGE, "/var/lib/dockworthy/edge", (80, 443), cpus=2, has_shell=has_shell)
    (folder / "compose.json").write_text(json.dumps(spec.to_json()))
    exceptions = [
        {"control": control, "subject": "*", "reason": reason, "owner": "ann", "expires": "2999-01-01"}
        for control, reason in accepted(has_shell=has_shell).items()
    ]
    (folder / "dockworthy.yaml").write_text(yaml.safe_dump({"policy": {"exceptions": exceptions}}))
    options = ("--level", "production", "--policy", str(folder / "dockworthy.yaml"), "--format", "json")
    done = run("check", *options, str(folder / "compose.json"))
    found = json.loads(done.stdout)
    assert found["verdict"]["answer"] == "accepted", done.stdout
    outcomes = {each["control"]: each["outcome"] for each in found["findings"]}
    return {control: outcome for control, outcome in outcomes.items() if outcome not in ("pass", "not_applicable")}


@pytest.mark.parametrize("has_shell", [True, False])
def test_it_is_worthy_at_level_production_but_for_what_is_named(
    run_dockworthy: Run, tmp_path: Path, has_shell: bool
) -> None:
    assert _check(run_dockworthy, tmp_path, has_shell=has_shell).keys() == accepted(has_shell=has_shell).keys()


def test_a_host_is_asked_for_no_more_processors_than_it_has() -> None:
    for cpus, limit in ((1, 1.0), (64, 4.0)):
        spec = compose_file(_IMAGE, "/x", (80, None), cpus=cpus, has_shell=True)
        assert spec.services["proxy"].limits.cpus == limit
