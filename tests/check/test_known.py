"""`--baseline`: the answer is by what is new, and nothing new hides behind what was there."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.cli.run import run
from known_failures import ETC, PRIVILEGED, ROOT, WEB, checked, enter, new


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


def test_a_baseline_of_itself_leaves_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    assert run(["check", "--format", "json", "-o", "known.json", "compose.yaml"]) == 1
    status, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert status == 0
    assert result["verdict"]["answer"] == "accepted"
    assert result["counts"]["fail"] == 0
    assert "workload/privileged" in {finding["control"] for finding in result["known"]}
    assert f"{len(result['known'])} failures are known from known.json" in result["verdict"]["because"]
    assert not result["subjects"][0]["worthy"], "known is not worthy"


def test_what_moves_stays_known_and_what_is_new_fails(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + ETC)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text("# a line more\n\n" + WEB + PRIVILEGED + ETC)
    status, result = checked("--baseline", "known.json", "./compose.yaml", capsys=capsys)
    assert status == 1
    assert "web privileged" in new(result)
    assert "web host-mounts" not in new(result)


def test_a_second_reason_does_not_hide_behind_the_first(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + ETC)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text(WEB + ETC + ROOT)
    status, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert status == 1
    assert any("host" in name for name in new(result))


def test_a_new_service_is_new(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text(WEB + "  db: {image: db}\n")
    _, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert {name.split()[0] for name in new(result)} == {"db"}


def test_what_was_mended_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text(WEB)
    _, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    (note,) = [note for note in result["notes"] if "mended" in note]
    assert note.endswith("failures of it are mended: save it again, so that they can't come back unseen")


def test_a_result_by_a_baseline_can_be_the_next_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    assert run(["check", "--baseline", "known.json", "--format", "json", "-o", "known.json", "compose.yaml"]) == 0
    assert checked("--baseline", "known.json", "compose.yaml", capsys=capsys)[0] == 0


def test_people_see_how_many_are_known(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    assert run(["check", "--baseline", "known.json", "compose.yaml"]) == 0
    short = capsys.readouterr().out
    assert "Known from known.json" in short
    assert "What fails" not in short and "Yes, with accepted risks" in short
    run(["check", "-v", "--baseline", "known.json", "compose.yaml"])
    assert "workload/privileged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("{", "cut short"),
        ("[]", "not a result"),
        ('{"snapshot": 1}', "facts that were not judged"),
    ],
)
def test_what_is_no_baseline(here: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str) -> None:
    Path("compose.yaml").write_text(WEB)
    if content is not None:
        Path("known.json").write_text(content)
    status, error = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert status == 2
    assert says in error


def test_both_are_one_too_many(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, error = checked("--changed-since", "main", "--baseline", "a.json", "a.yaml", capsys=capsys)
    assert status == 2 and "exclude each other" in error
