"""What a walk over a folder takes, what it leaves out, and where it ends."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockworthy.check import check
from dockworthy.model.levels import Level
from dockworthy.readers.files import FoundFile, Search
from effort import examples

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n"
COMPOSE = "services:\n  web: {image: shop}\n"


def lay(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def found(*paths: Path | str, ignoring: bool = True) -> list[FoundFile]:
    return list(Search([str(path) for path in paths], stdin=io.BytesIO(), ignoring=ignoring))


def judged(folder: Path, *, ignoring: bool = True) -> list[str]:
    return [str(Path(file.name).relative_to(folder)) for file in found(folder, ignoring=ignoring) if file.judged]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stack", COMPOSE),
        ("docker-compose.prod", "# shop\n" + COMPOSE),
        ("pod.txt", POD),
        ("list", '{"apiVersion": "v1", "kind": "List", "items": []}'),
        ("web.build", "# syntax=docker/dockerfile:1\nARG V=12\n\nFROM --platform=linux/amd64 debian:${V} AS base\n"),
        ("Dockerfile.web", "RUN true\n"),
        ("web.dockerfile", "RUN true\n"),
        ("Containerfile", "RUN true\n"),
    ],
)
def test_files_are_known_by_content_under_any_name(tmp_path: Path, name: str, text: str) -> None:
    lay(tmp_path, {name: text})
    assert judged(tmp_path) == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes", "From here on all is well.\nservices are fine\n"),
        ("values.tmpl", "apiVersion: v1\nkind: {{ .Values.kind }}\n"),
        ("settings.ini", "[services]\nkind: none\n"),
        ("image", "\0" + COMPOSE),
        ("main.py", COMPOSE),
        ("shop.libsonnet", "{\n  apiVersion: 'v1',\n  kind: 'Pod',\n}\n"),
        ("Dockerfile.dockerignore", "*\n"),
        ("long", "# what it is stands too far below\n" * 200 + COMPOSE),
    ],
)
def test_other_texts_are_not_ours(tmp_path: Path, name: str, text: str) -> None:
    lay(tmp_path, {name: text})
    assert judged(tmp_path) == []


def test_ignore_files_count_at_every_level(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            ".gitignore": "build/\n*.local.yaml\n/top.yaml\n",
            "a.yaml": POD,
            "top.yaml": POD,
            "a.local.yaml": POD,
            "build/b.yaml": POD,
            "deploy/.gitignore": "!kept.local.yaml\nsecret.yaml\n",
            "deploy/kept.local.yaml": POD,
            "deploy/secret.yaml": POD,
            "deploy/top.yaml": POD,
        },
    )
    assert judged(tmp_path) == ["a.yaml", "deploy/kept.local.yaml", "deploy/top.yaml"]
    assert len(judged(tmp_path, ignoring=False)) == 7


def test_what_a_dockerignore_says_hides_nothing(tmp_path: Path) -> None:
    lay(tmp_path, {".dockerignore": "*\n", "compose.yaml": COMPOSE})
    assert judged(tmp_path) == ["compose.yaml"]


def test_rules_above_the_folder_count_inside_a_repository(tmp_path: Path) -> None:
    lay(tmp_path, {".git/info/exclude": "x.yaml\n", ".gitignore": "old/\nout.yaml\n"})
    lay(tmp_path / "deploy", {"out.yaml": POD, "x.yaml": POD, "in.yaml": POD, "old/a.yaml": POD})
    assert judged(tmp_path / "deploy") == ["in.yaml"]
    assert judged(tmp_path / "deploy" / "old") == ["a.yaml"], "who names an ignored folder wants it judged"


def test_a_worktree_has_the_excludes_of_its_repository(tmp_path: Path) -> None:
    lay(tmp_path, {"main/.git/info/exclude": "x.yaml\n", "main/.git/worktrees/w/commondir": "../..\n"})
    lay(tmp_path / "w", {".git": f"gitdir: {tmp_path}/main/.git/worktrees/w\n", "x.yaml": POD, "y.yaml": POD})
    assert judged(tmp_path / "w") == ["y.yaml"]


def test_a_line_that_is_no_pattern_spoils_no_other(tmp_path: Path) -> None:
    lay(tmp_path, {".gitignore": "!\na.yaml\r\n", "a.yaml": POD, "b.yaml": POD})
    assert judged(tmp_path) == ["b.yaml"]


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    lay(tmp_path, {".gitignore": "old/\nb.yaml\n", "a.yaml": POD, "b.yaml": POD, "old/c.yaml": POD})
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert "2 files and folders left out, because Git ignores them" in result.read[1]
    assert len(check([str(tmp_path)], level=Level.BASELINE, ignoring=False).subjects) == 3


_NAMES = st.sampled_from(["a", "b", "c.yaml", "d.yaml"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)
_PATTERNS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/", "**/"]),
    st.lists(st.sampled_from(["a", "b", "c.yaml", "*", "*.yaml", "**", "[ab]", "?"]), min_size=1, max_size=3).map(
        "/".join
    ),
    st.sampled_from(["", "/", "/*"]),
)


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=st.sets(_PATHS, min_size=1, max_size=8),
    rules=st.dictionaries(st.sampled_from(["", "a/", "b/"]), st.lists(_PATTERNS, max_size=4), max_size=3),
)
def test_git_itself_leaves_out_the_same(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str], rules: dict[str, list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for path in sorted(paths):
        if not any(other.startswith(f"{path}/") for other in paths):
            lay(folder, {f"{path}.yaml" if not path.endswith(".yaml") else path: POD})
    for place, patterns in rules.items():
        if (folder / place).is_dir():
            lay(folder, {f"{place}.gitignore": "\n".join(patterns)})
    listed = subprocess.run(
        ["git", "-C", str(folder), "ls-files", "-zo", "--exclude-per-directory=.gitignore"],
        check=True,
        capture_output=True,
    )
    theirs = {name for name in listed.stdout.decode().split("\0") if name.endswith(".yaml")}
    assert set(judged(folder)) == theirs


def test_several_ways_to_one_file(tmp_path: Path) -> None:
    lay(tmp_path, {"compose.yaml": COMPOSE})
    (tmp_path / "again.yaml").symlink_to("compose.yaml")
    names = [tmp_path / "compose.yaml", f"{tmp_path}/./compose.yaml", tmp_path, tmp_path / "again.yaml"]
    assert [file.name for file in found(*names)] == [str(tmp_path / "compose.yaml")]


def test_a_named_file_stays_named_when_its_folder_is_walked_before(tmp_path: Path) -> None:
    lay(tmp_path, {"values.yaml": "replicas: 3\n"})
    assert [(file.name, file.named_by_user) for file in found(tmp_path, tmp_path / "values.yaml")] == [
        (str(tmp_path / "values.yaml"), True)
    ]


def test_this_folder_is_not_part_of_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"deploy/compose.yaml": COMPOSE})
    monkeypatch.chdir(tmp_path)
    assert [file.name for file in found(".")] == ["deploy/compose.yaml"]
    assert [file.name for file in found("./deploy/")] == ["deploy/compose.yaml"]


def test_it_ends_below_a_hundred_folders(tmp_path: Path) -> None:
    lay(tmp_path, {"/".join(["d"] * 105) + "/a.yaml": POD, "a.yaml": POD})
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert len(result.subjects) == 1
    assert "more than 100 folders deep" in result.unread[0][1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_can_not_be_listed_is_said(open_folder: Path) -> None:
    lay(open_folder, {"shut/a.yaml": POD, "a.yaml": POD})
    (open_folder / "shut").chmod(0)
    os.seteuid(65534)
    try:
        result = check([str(open_folder)], level=Level.BASELINE)
    finally:
        os.seteuid(0)
    assert result.unread == ((f"{open_folder}/shut", f"{open_folder}/shut: can't be listed: Permission denied"),)
    assert len(result.subjects) == 1
