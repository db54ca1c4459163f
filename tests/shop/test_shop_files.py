"""examples/shop as it is written: fit for production by our own judgement; and its load tells what failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from machines.program import run_dockworthy
from patience import patience

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples/shop"


def test_it_is_fit_for_production() -> None:
    done = run_dockworthy("check", ".", "--level", "production", inside=("env", "-C", str(SHOP)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Yes, with accepted risks, at level production" in " ".join(done.stdout.split())


def test_no_secret_of_it_can_be_committed() -> None:
    asked = ["git", "-C", str(SHOP), "check-ignore", "secrets/database-password", "other-ports.yaml"]
    assert subprocess.run(asked, capture_output=True, text=True).stdout.split() == asked[-2:]


def test_what_nobody_answers_has_failed(tmp_path: Path) -> None:
    """At a port that nobody listens on; the command itself went well."""
    ca = tmp_path / "ca.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=t",
    ]
    subprocess.run([*made, "-keyout", str(tmp_path / "key"), "-out", str(ca)], check=True, capture_output=True)
    load = [sys.executable, "-I", "load.py", "--port", "1", "--ca", str(ca), "--rate", "20", "--", "echo", "shipped"]
    done = subprocess.run(load, cwd=SHOP, capture_output=True, text=True, timeout=patience(30))
    assert done.returncode == 1 and done.stderr == "shipped\n"
    requests, _, failed, *_ = done.stdout.split()
    assert requests == failed and int(failed) > 20
    assert "ConnectionRefusedError" in done.stdout and "no answers" in done.stdout
