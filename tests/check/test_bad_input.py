"""Whatever a file holds: a sentence with its place, exit status 2, and the other files judged all the same."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from patience import patience, processor

pytestmark = pytest.mark.slow

COMPOSE = "services:\n  web: {image: shop}\n"
MOST_SECONDS = 10
MOST_MEMORY = 1536 * 1024 * 1024
"""Address space of the process, in bytes: far more than it should take, far less than what it is made to take."""

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGES = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))

BAD: dict[str, tuple[str, str]] = {
    "broken YAML": ("services:\n  web: [\n", ":3:"),
    "broken JSON": ('{"services": {"web": {"image": "a",}', ":1:"),
    "a tab": ("services:\n\tweb: {}\n", ":2:"),
    "a key twice": (
        "services:\n  web: {image: a}\n  web: {image: b}\n",
        ":3: the key 'web' stands twice, here and in line 2",
    ),
    "20,000 lists deep": ("services: " + "[" * 20_000, ":1:"),
    "20,000 mappings deep": ("services: " + '{"a": ' * 20_000, ":1:"),
    "nested and closed": ("services: " + "[" * 20_000 + "]" * 20_000, ":1:"),
    "aliases of aliases": (BOMB + "services: {web: {image: a, command: *a11}}\n", ":"),
    "aliases of aliases as a mapping": (MERGES + "services: {web: {image: [*a11]}}\n", ":"),
    "an alias of itself": ("services: &s {web: {image: a, environment: *s}}\n", ":"),
    "an alias of nothing": ("services: {web: *none}\n", ":1:"),
    "a list for a service": ("services:\n  web: [a]\n", ":2:"),
    "a number for an image": ("services:\n  web:\n    image: [1]\n", ":3:"),
    "services as a list": ("services: [web]\n", ":1:"),
    "two million values": (
        "services:\n  web:\n    command: [" + "a," * 2_100_000 + "a]\n",
        ":3: more than 2,000,000 values",
    ),
    "a list": ("- a\n- b\n", ":1:"),
    "nothing": ("", ":"),
    "containers of the wrong type": (
        "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: {a: b}}\n",
        ":4:",
    ),
    "a pod without a name": ("kind: Pod\napiVersion: v1\nmetadata: [a]\nspec: {containers: [{name: a}]}\n", ":3:"),
}


def checked(
    *arguments: Path | str, given: bytes = b"", folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The whole program, with little memory and little time."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))

    began = _seconds_of_children()
    done = subprocess.run(
        [sys.executable, "-m", "dockworthy", "check", "--format", "json", *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=patience(MOST_SECONDS),
        preexec_fn=limited,
        cwd=folder,
    )
    assert _seconds_of_children() - began < MOST_SECONDS * processor()
    assert b"Traceback" not in done.stderr
    return done


def _seconds_of_children() -> float:
    """Of work, not of waiting: other programs of the machine count for nothing."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def judged_beside(bad: Path | str, folder: Path) -> str:
    """What is said of `bad`, in a call that also judges a good file, which it must."""
    (folder / "good").mkdir()
    good = folder / "good" / "compose.yaml"
    good.write_text(COMPOSE)
    done = checked(bad, good)
    assert done.returncode == 2, done.stderr
    result = json.loads(done.stdout)
    assert [subject["id"] for subject in result["subjects"]] == [f"{good}#web"]
    (unread,) = result["unread"]
    assert unread["input"] == str(bad)
    return str(unread["why"])


@pytest.mark.parametrize("what", BAD)
def test_bad_text(what: str, tmp_path: Path) -> None:
    text, says = BAD[what]
    bad = tmp_path / "compose.yaml"
    bad.write_text(text)
    if what in ("aliases of aliases", "an alias of itself"):  # allowed, as long as it stays small
        done = checked(bad)
        assert done.returncode in (0, 1, 2)
        assert len(done.stdout) < 10_000_000
        return
    if not text:
        assert checked(bad).returncode == 2
        return
    assert f"{bad}{says}" in judged_beside(bad, tmp_path)


@pytest.mark.parametrize("text", ["", "# nothing yet\n---\n"])
def test_a_named_file_that_is_empty_is_said_beside_others(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.yaml").write_text(text)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    ended = checked("--format", "json", "empty.yaml", "compose.yaml", folder=tmp_path)
    said = json.loads(ended.stdout)
    assert ended.returncode == 2
    assert [unread["input"] for unread in said["unread"]] == ["empty.yaml"]
    assert [subject["id"] for subject in said["subjects"]] == ["compose.yaml#web"]


@pytest.mark.parametrize("name", ["compose.yaml", "docker-compose.yml"])
@pytest.mark.parametrize("text", ["", "services:\n  web:\n", "service: {web: {image: shop}}\n", "services: [a, b]\n"])
def test_a_file_that_compose_runs_is_said_where_a_folder_has_it(tmp_path: Path, name: str, text: str) -> None:
    """Another YAML file may be anybody's; this one is meant, and says nothing that can be judged."""
    for folder, content in (("broken", text), ("good", COMPOSE)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(content)
        (tmp_path / folder / "other.yaml").write_text(text)
    ended = checked("--format", "json", ".", folder=tmp_path)
    said = json.loads(ended.stdout)
    assert ended.returncode == 2
    assert [unread["input"] for unread in said["unread"]] == [f"broken/{name}"]
    assert [subject["id"] for subject in said["subjects"]] == [f"good/{name}#web"]


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"services:\n  web: {image: caf\xe9}\n")
    assert judged_beside(tmp_path / "a.yaml", tmp_path) == f"{tmp_path}/a.yaml:2: not UTF-8 (byte 0xe9)"


def test_a_device_that_never_ends(tmp_path: Path) -> None:
    assert judged_beside("/dev/zero", tmp_path) == "/dev/zero: not a regular file, but a device"


def test_a_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "compose.yaml")
    assert "not a regular file" in judged_beside(tmp_path / "compose.yaml", tmp_path)


def test_a_walk_comes_by_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "compose.yaml")
    os.mkfifo(tmp_path / "stack")
    (tmp_path / "b.yaml").write_text(COMPOSE)
    done = checked(tmp_path)
    assert done.returncode == 2
    assert [unread["input"] for unread in json.loads(done.stdout)["unread"]] == [f"{tmp_path}/compose.yaml"]


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert "symbolic links" in judged_beside(tmp_path / "loop.yaml", tmp_path)


def test_a_file_of_fifty_megabytes(tmp_path: Path) -> None:
    line = "  # " + "so much to say " * 60 + "\n"
    (tmp_path / "compose.yaml").write_text("services:\n" + line * (50_000_000 // len(line)) + "  web: {image: shop}\n")
    done = checked(tmp_path / "compose.yaml")
    assert done.returncode == 1, done.stderr
    assert len(json.loads(done.stdout)["subjects"]) == 1


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "compose.yaml").open("wb") as file:
        file.write(COMPOSE.encode())
        file.truncate(70_000_000)
    assert judged_beside(tmp_path / "compose.yaml", tmp_path).endswith("larger than 64 MiB")


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml"])
def test_a_folder_under_the_name_of_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    done = checked(tmp_path / name)
    assert done.returncode == 2
    assert b"nothing to judge" in done.stderr
    (tmp_path / name / "a.yaml").write_text(COMPOSE)
    assert checked(tmp_path).returncode == 1


def test_standard_input_without_end(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(COMPOSE)
    with open("/dev/zero", "rb") as zero:
        done = subprocess.run(
            [sys.executable, "-m", "dockworthy", "check", "--format", "json", "-", "-", "a.yaml"],
            stdin=zero,
            capture_output=True,
            cwd=tmp_path,
            timeout=patience(60),
        )
    assert done.returncode == 2
    result = json.loads(done.stdout)
    assert result["unread"] == [{"input": "<stdin>", "why": "<stdin>: larger than 64 MiB"}]
    assert [subject["id"] for subject in result["subjects"]] == ["a.yaml#web"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_that_may_not_be_read(open_folder: Path) -> None:
    from dockworthy.check import check
    from dockworthy.model.levels import Level

    (open_folder / "a.yaml").write_text(COMPOSE)
    (open_folder / "b.yaml").write_text(COMPOSE)
    (open_folder / "a.yaml").chmod(0)
    os.seteuid(65534)
    try:
        result = check([str(open_folder / "a.yaml"), str(open_folder / "b.yaml")], level=Level.BASELINE)
    finally:
        os.seteuid(0)
    assert result.unread == ((f"{open_folder}/a.yaml", f"{open_folder}/a.yaml: can't be read: Permission denied"),)
    assert [subject.id for subject in result.subjects] == [f"{open_folder}/b.yaml#web"]
