"""How bad the name of a bridge is: one of the host's is not the project's, one of a new name mostly is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level, Severity


@pytest.mark.parametrize(
    ("bridge", "severity"),
    [
        ("docker0", Severity.HIGH),
        ("docker_gwbridge", Severity.HIGH),
        ("virbr0", Severity.HIGH),
        ("br0", Severity.HIGH),
        ("br-mailcow", Severity.LOW),
        ("shop0", Severity.LOW),
    ],
)
def test_the_name_of_a_bridge(tmp_path: Path, bridge: str, severity: Severity) -> None:
    file = tmp_path / "compose.yaml"
    options = f"{{com.docker.network.bridge.name: {bridge}}}"
    file.write_text(f"services: {{web: {{image: shop}}}}\nnetworks: {{default: {{driver_opts: {options}}}}}\n")
    found = check([str(file)], level=Level.RESTRICTED).findings
    (drivers,) = (each for each in found if each.control == "workload/network-drivers")
    assert (drivers.outcome, drivers.severity) == (Outcome.FAIL, severity)
    assert ("if it exists already" in drivers.evidence[0].says) is (severity is Severity.LOW)
