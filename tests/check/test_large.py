"""What a file costs grows as the file does, and what is no file is not read."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.cli.run import run
from dockworthy.model.levels import Level

pytestmark = pytest.mark.slow

MOST = 6.0
"""Times the cost for four times the size: 4 where it grows as that does, 16 where it grows with the square."""


def _extending(number: int) -> str:
    heirs = "".join(f"  s{n}: {{extends: {{service: base}}, privileged: true}}\n" for n in range(number))
    return f"services:\n  base: {{image: a}}\n{heirs}"


def _plain(number: int) -> str:
    return "services:\n" + "".join(f"  s{n}: {{image: a, ports: ['{n + 9000}:80']}}\n" for n in range(number))


def _sharing(number: int) -> str:
    chain = "".join(f"  s{n}: {{image: a, pid: 'service:s{n + 1}', ipc: 'service:s{n + 1}'}}\n" for n in range(number))
    return f"services:\n{chain}  s{number}: {{image: a}}\n"


def _waiting(number: int) -> str:
    chain = "".join(f"  s{n}: {{image: a, depends_on: [s{n + 1}]}}\n" for n in range(number))
    return f"services:\n{chain}  s{number}: {{image: a}}\n"


def _accepting(number: int) -> str:
    allow = "    # dockworthy: allow workload/privileged until 2999-01-01: x\n"
    return "services:\n" + "".join(f"  s{n}:\n{allow}    image: a\n    privileged: true\n" for n in range(number))


def _cost(text: str, file: Path) -> float:
    """Seconds of CPU, without the collector of cycles: that costs what all the tests before have left behind."""
    file.write_text(text)
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        result = check([str(file)], level=Level.BASELINE)
        assert not result.unread
        return time.process_time() - began
    finally:
        gc.enable()


@pytest.mark.parametrize("shape", [_plain, _extending, _sharing, _waiting, _accepting])
def test_four_times_the_services_cost_four_times_as_much(shape: object, tmp_path: Path) -> None:
    assert callable(shape)
    _cost(shape(50), tmp_path / "warm.yaml")
    for _ in range(4):  # a busy machine slows down one of the two now and then; what grows too fast always does
        small = min(_cost(shape(400), tmp_path / "small.yaml") for _ in range(2))
        large = _cost(shape(1600), tmp_path / "large.yaml")
        if large < MOST * small + 0.2:
            return
    pytest.fail(f"four times the services took {large:.2f} s of CPU, one part {small:.2f} s")


def test_one_env_file_for_many_and_one_project_included_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.env").write_text("".join(f"V{n}=x\n" for n in range(2000)))
    services = "".join(f"  s{n}: {{image: a, env_file: a.env}}\n" for n in range(1000))
    Path("compose.yaml").write_text(f"services:\n{services}")
    assert run(["check", "--render=own", "compose.yaml"]) == 2
    assert "more than 500,000 values" in capsys.readouterr().out
    for level in range(14):
        Path(f"f{level}.yaml").write_text(f"include: [f{level + 1}.yaml, ./f{level + 1}.yaml]\nservices: {{}}\n")
    Path("f14.yaml").write_text(f"services: {{s: {{image: a, command: [{'a, ' * 20_000}a]}}}}\n")
    assert run(["check", "--render=own", "f0.yaml"]) == 2
    assert "more than 500,000 values" in capsys.readouterr().out


@pytest.mark.parametrize("render", ["own", "auto"])
def test_small_projects_that_include_one_another_in_countless_ways(
    render: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(15):
        below = ", ".join(f"f{other}.yaml" for other in range(number + 1, 15))
        Path(f"f{number}.yaml").write_text(f"include: [{below}]\nservices: {{s{number}: {{image: a}}}}\n")
    before = time.process_time()
    assert run(["check", f"--render={render}", "f0.yaml"]) == 2
    assert "more than 500 projects are included" in capsys.readouterr().out
    assert time.process_time() - before < 30


@pytest.mark.parametrize("render", ["own", "auto"])
def test_a_chain_of_includes_is_read_however_long_it_is(
    render: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Compose takes it, too; only what comes back to itself is a circle."""
    monkeypatch.chdir(tmp_path)
    deepest = 60
    for number in range(deepest):
        Path(f"f{number}.yaml").write_text(f"include: [f{number + 1}.yaml]\nservices: {{s{number}: {{image: a}}}}\n")
    Path(f"f{deepest}.yaml").write_text("services: {last: {image: a, privileged: true}}\n")
    assert run(["check", f"--render={render}", "f0.yaml"]) == 1
    said = capsys.readouterr().out
    assert "last" in said and "circle" not in said
    Path(f"f{deepest}.yaml").write_text("include: [f1.yaml]\n")
    assert run(["check", f"--render={render}", "f0.yaml"]) == 2
    assert "goes in a circle" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "large"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["guard", "explain", "--request", "/v1.45/volumes/create", "--body"],
        ["check", "compose.yaml", "--policy"],
        ["check", "compose.yaml", "--baseline"],
        ["assess", "--from"],
        ["path", "--from"],
        ["policy", "test"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]) + arguments[-1],
)
def test_a_file_option_takes_files_alone(
    arguments: list[str],
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text("services: {web: {image: a}}\n")
    given = Path("given")
    if kind == "pipe":
        os.mkfifo(given)
    elif kind == "device":
        given.symlink_to("/dev/zero")
    elif kind == "folder":
        given.mkdir()
    else:
        with given.open("wb") as file:
            file.truncate(1 << 40)
    assert run([*arguments, str(given)]) == 2
    said = capsys.readouterr().err
    assert any(word in said for word in ("not a regular file", "larger than", "is a directory", "it is outside of")), (
        said
    )
