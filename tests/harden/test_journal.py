"""What a host remembers of each run: what, when, who, before and after; shown, and part of the facts."""

from __future__ import annotations

import json
import re

import pytest

from machines.own_host import OwnHost

from .conftest import apply

pytestmark = pytest.mark.engine

JOURNAL = "/var/lib/dockworthy/harden"


def test_the_journal_is_shown_and_part_of_the_facts(host: OwnHost) -> None:
    host.start_engine("{}")
    assert "Nothing was ever done" in host.dockworthy("harden", "--journal").stdout
    assert json.loads(host.dockworthy("facts").stdout)["host"]["hardening"]["is"] == "unset"

    apply(host, "engine/no-new-privileges")
    field = json.loads(host.dockworthy("facts").stdout)["host"]["hardening"]
    (run,) = field["value"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", run["began"]) and run["began"] <= run["ended"]
    assert run["who"].partition("@")[0] == "root"
    (step,) = run["steps"]
    assert step["id"] == "engine/no-new-privileges"
    assert step["before"] != step["after"] and len(step["before"]) == len(step["after"]) == 1
    assert '+  "no-new-privileges": true' in step["change"]
    assert [stage["state"] for stage in run["stages"]] == ["kept"]

    shown = host.dockworthy("harden", "--journal")
    assert shown.returncode == 0
    assert f"{run['began']} by {run['who']}" in shown.stdout and "done         engine/no-new-priv" in shown.stdout
    assert host.dockworthy("harden", "--undo").returncode == 0
    again = json.loads(host.dockworthy("harden", "--journal", "--format", "json").stdout)["journal"]
    assert len(again) == 1 and again[0]["undone"].endswith(f"by {run['who']}")
    assert "taken back   engine/no-new-priv" in host.dockworthy("harden", "--journal").stdout


def test_a_damaged_journal_is_no_reason_to_fail(host: OwnHost) -> None:
    host.start_engine("{}")
    apply(host, "engine/no-new-privileges")
    run = host.run("sh", "-c", f"ls -d {JOURNAL}/2*").stdout.decode().strip()
    host.write(f"{JOURNAL}/20200101T000000Z-aaaaaa/run.json", "{cut off")
    host.write(f"{run}/outcome.json", "[[[")
    (told,) = json.loads(host.dockworthy("facts").stdout)["host"]["hardening"]["value"]
    assert told["steps"][0]["id"] == "engine/no-new-privileges" and "ended" not in told
    assert "did not come to its end" in host.dockworthy("harden", "--journal").stdout
    assert host.dockworthy("harden", "--undo").returncode == 0
