"""A policy that changes while it is judged by: no question is lost, and a bad one changes nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.guard.life.kept_policy import PolicyKeeping
from guard.plugin_client import Serving, serving
from machines.program import run_dockworthy
from patience import patience

pytestmark = pytest.mark.slow

FREE = "policy: {level: baseline}\nguard: {network_drivers: [macvlan]}\n"
STRICT = "policy: {level: baseline}\n"
BROKEN = "policy: {level: basline}\n"
FREE_WITH_A_RULE = """\
policy:
  level: baseline
  rules:
    - {id: custom/ours, severity: low, when: "!workload.image.startsWith('registry.example.com/')", says: Ours only}
guard: {network_drivers: [macvlan]}
"""
MACVLAN = {"Name": "n", "Driver": "macvlan"}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "guard.yaml"
    path.write_text(FREE)
    return path


@pytest.fixture
def guard(tmp_path: Path, policy: Path) -> Iterator[Serving]:
    with serving(tmp_path, "--policy", str(policy)) as guard:
        yield guard


def replace(path: Path, text: str) -> None:
    beside = path.with_name("beside")
    beside.write_text(text)
    os.replace(beside, path)


def allowed(guard: Serving) -> bool:
    with guard.connection() as asking:
        return bool(asking.question("POST", "/v1.45/networks/create", MACVLAN)["Allow"])


def test_a_change_of_the_file_is_taken_up(guard: Serving, policy: Path) -> None:
    assert allowed(guard)
    replace(policy, STRICT)
    guard.hears("the policy was read again")
    assert not allowed(guard)


def test_a_bad_policy_changes_nothing_and_is_told_with_its_line(guard: Serving, policy: Path) -> None:
    replace(policy, BROKEN)
    guard.hears("the old one stays")
    assert f"{policy.name}:1" in guard.said.read_text()
    assert allowed(guard)
    policy.unlink()
    guard.hang_up()
    guard.hears("can't be read")
    assert allowed(guard)


def test_a_guard_does_not_begin_with_a_bad_policy(tmp_path: Path) -> None:
    (tmp_path / "guard.yaml").write_text(BROKEN)
    with pytest.raises(AssertionError, match=r"guard\.yaml:1"), serving(tmp_path, "--policy", "guard.yaml"):
        pass


def test_a_guard_that_starts_with_a_broken_file_judges_by_the_last_good_policy(tmp_path: Path, policy: Path) -> None:
    """A typo must not shut the engine to everybody at the next start of the guard."""
    policy.write_text(FREE_WITH_A_RULE)
    with serving(tmp_path, "--policy", str(policy)):
        pass
    kept = PolicyKeeping(policy).file
    assert (kept.stat().st_mode & 0o777, kept.stat().st_uid) == (0o600, os.geteuid())
    replace(policy, BROKEN)
    with serving(tmp_path, "--policy", str(policy)) as guard:
        guard.hears(f"the policy on disk can't be used: {policy}:1: ")
        guard.hears("in force: the one of 20")
        assert allowed(guard)
        replace(policy, STRICT)
        guard.hears("the policy was read again")
        assert not allowed(guard)


@pytest.mark.parametrize("mode", (0o644, 0o620))
def test_a_kept_policy_that_others_may_open_is_not_used(tmp_path: Path, policy: Path, mode: int) -> None:
    with serving(tmp_path, "--policy", str(policy)):
        pass
    kept = PolicyKeeping(policy).file
    kept.chmod(mode)
    replace(policy, BROKEN)
    with pytest.raises(AssertionError, match=r"guard\.yaml:1"), serving(tmp_path, "--policy", str(policy)):
        pass


def test_the_copy_of_one_policy_is_not_used_for_another(tmp_path: Path, policy: Path) -> None:
    with serving(tmp_path, "--policy", str(policy)):
        pass
    other = tmp_path / "other.yaml"
    other.write_text(BROKEN)
    with pytest.raises(AssertionError, match=r"other\.yaml:1"), serving(tmp_path, "--policy", str(other)):
        pass


def test_a_check_says_whether_the_file_can_be_used(tmp_path: Path, policy: Path) -> None:
    """What `systemctl reload` asks first, so that it fails where the file is bad."""
    check = ("guard", "serve", "--socket", str(tmp_path / "none.sock"), "--policy", str(policy), "--check")
    assert run_dockworthy(*check).returncode == 0
    replace(policy, BROKEN)
    ended = run_dockworthy(*check)
    assert (ended.returncode, f"{policy}:1: " in ended.stderr) == (2, True), ended.stderr


def test_no_question_is_lost_while_it_is_read_anew(guard: Serving, policy: Path) -> None:
    """Four who ask all the time, on connections that are kept; each answer is that of one of the two policies."""
    answers: list[list[dict[str, Any]]] = [[] for _ in range(4)]
    over = threading.Event()

    def ask(mine: list[dict[str, Any]]) -> None:
        with guard.connection() as asking:
            while not over.is_set():
                mine.append(asking.question("POST", "/v1.45/networks/create", MACVLAN))

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in answers]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 11):
            replace(policy, STRICT if number % 2 else FREE)
            guard.hang_up()
            heard = number
            while guard.said.read_text().count("read again") < heard:
                over.wait(patience(0.02))
        replace(policy, BROKEN)
        guard.hang_up()
        guard.hears("the old one stays")
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    told = [answer for mine in answers for answer in mine]
    assert all(len(mine) > 20 for mine in answers)
    assert {bool(answer["Allow"]) for answer in told} == {True, False}
    assert all(answer["Allow"] or "guard/network-driver" in answer["Msg"] for answer in told)
