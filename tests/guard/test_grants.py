"""Files of grants that earlier versions wrote, and the record of those that were given."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import msgspec
import pytest

from dockworthy.cli.run import run
from dockworthy.errors import OutputError
from dockworthy.guard.rights import given_grants
from dockworthy.guard.rights.grants import Grants
from dockworthy.model.given_grants import GivenGrants
from dockworthy.model.guard_policy import Binding, Role


@pytest.mark.parametrize(("projects", "read"), [([], 1), (["shop"], 1), ([""], 0)])
def test_a_grant_without_limits_stays_one(tmp_path: Path, projects: list[str], read: int) -> None:
    binding = {"who": "user:vera", "role": "deployer", "projects": projects, "images": []}
    grant = {"id": "00000001", "binding": binding, "until": "9999-01-01T00:00:00Z", "reason": "r", "by": "root"}
    file = tmp_path / "00000001.json"
    file.write_text(json.dumps(grant))
    file.chmod(0o600)
    found = Grants(tmp_path).now()
    assert len(found) == read
    assert all(each.binding.projects == tuple(projects) for each in found)


@pytest.mark.skipif(os.geteuid() != 0, reason="grants are root's to see")
def test_grants_are_listed_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path))
    binding = {"who": "user:vera", "role": "deployer", "projects": ["shop"]}
    grant = {"id": "00000001", "binding": binding, "until": "9999-01-01T00:00:00Z", "reason": "r", "by": "root"}
    file = tmp_path / "guard/grants/00000001.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(grant))
    file.chmod(0o600)
    assert run(["guard", "grants", "--format", "json"]) == 0
    [listed] = json.loads(capsys.readouterr().out)["grants"]
    assert (listed["id"], listed["binding"]["who"]) == ("00000001", "user:vera")
    assert listed["until"] == "9999-01-01T00:00:00Z"


def recorded(folder: Path) -> GivenGrants:
    return msgspec.json.decode((folder / "given-grants.json").read_bytes(), type=GivenGrants)


def deployer(name: str, *projects: str) -> Binding:
    return Binding(who=f"user:{name}", role=Role.DEPLOYER, projects=projects)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def test_what_was_given_is_known_when_it_is_over(tmp_path: Path) -> None:
    """Also when somebody took its file away."""
    grants = Grants(tmp_path / "grants")
    first = grants.give(deployer("ana", "shop"), 3600, "r", "root")
    second = grants.give(deployer("ben"), 3600, "r", "root")
    grants.give(Binding(who="user:vera", role=Role.VIEWER), 3600, "r", "root")
    grants.revoke(first.id)
    (tmp_path / "grants" / f"{second.id}.json").unlink()
    known = recorded(tmp_path)
    assert known.known_since is None, "there was none before"
    told = {each.binding.who: each for each in known.grants}
    assert set(told) == {"user:ana", "user:ben"} and told["user:ana"].binding.projects == ("shop",)
    assert told["user:ana"].until <= now() < told["user:ben"].until == second.until
    assert (tmp_path / "given-grants.json").stat().st_mode & 0o777 == 0o600


def test_a_record_that_begins_later_says_so_and_knows_those_in_force(tmp_path: Path) -> None:
    """As after an earlier version, or where somebody removed or broke it."""
    grants = Grants(tmp_path / "grants")
    given = grants.give(deployer("ana"), 3600, "r", "root")
    for broken in (None, b"{", b"[]"):
        (tmp_path / "given-grants.json").unlink()
        if broken is not None:
            (tmp_path / "given-grants.json").write_bytes(broken)
        grants.begin_record()
        known = recorded(tmp_path)
        assert known.known_since is not None and [each.id for each in known.grants] == [given.id]
    before = recorded(tmp_path)
    grants.begin_record()
    assert recorded(tmp_path) == before, "one that is there stays"


@pytest.mark.parametrize(("most", "most_bytes"), [(3, 10**6), (10**6, 700)])
def test_what_ended_longest_ago_goes_where_there_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, most_bytes: int
) -> None:
    monkeypatch.setattr(given_grants, "MOST", most)
    monkeypatch.setattr(given_grants, "MOST_BYTES", most_bytes)
    grants = Grants(tmp_path / "grants")
    given = [grants.give(deployer(f"user{number}"), 3600 - number, "r", "root") for number in range(6)]
    known = recorded(tmp_path)
    assert 0 < len(known.grants) < 5 and (tmp_path / "given-grants.json").stat().st_size <= most_bytes + 1
    left = {each.id for each in known.grants}
    gone = [each for each in given if each.id not in left]
    assert known.known_since == max(each.until for each in gone) <= min(each.until for each in known.grants)


def test_what_can_not_be_recorded_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "given-grants.json").mkdir()
    grants = Grants(tmp_path / "grants")
    with pytest.raises(OutputError):
        grants.give(deployer("ana"), 3600, "r", "root")
    assert grants.now() == []
