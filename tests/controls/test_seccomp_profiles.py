"""A seccomp profile is judged by what it lets through, wherever it is written."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from judged import failing, findings

from dockworthy.check import check
from dockworthy.model.call_filter import KEPT_BY_DEFAULT
from dockworthy.model.field import Source, Unknown
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.readers.seccomp_profile import read_profile

ALL = [*KEPT_BY_DEFAULT, "read", "write"]
CONTROLS = ("workload/seccomp", "workload/seccomp-set")


def allow(**more: Any) -> dict[str, Any]:
    return {"names": ALL, "action": "SCMP_ACT_ALLOW", **more}


def deny(**more: Any) -> dict[str, Any]:
    return {"names": ALL, "action": "SCMP_ACT_ERRNO", **more}


def errno(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": entries}


NO_FILTERS: list[dict[str, Any]] = [
    {},
    {"syscalls": []},
    *({"defaultAction": f"SCMP_ACT_{name}"} for name in ("ALLOW", "LOG", "TRACE", "NOTIFY", "SOMETHING")),
    {"DEFAULTACTION": "SCMP_ACT_ALLOW"},
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["reboot", "bpf"], "action": "SCMP_ACT_ERRNO"}]},
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["nothing", "of_it"], "action": "SCMP_ACT_KILL"}]},
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [deny(args=[{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}])]},
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [deny(includes={"caps": ["CAP_SYS_ADMIN"]})]},
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [deny(excludes={"caps": ["CAP_CHOWN"]})]},
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [deny(), allow()]},
    errno(allow()),
    errno(allow(args=[{"index": 0, "value": 0, "op": "SCMP_CMP_GE"}])),
    errno(allow(includes={"caps": ["CAP_CHOWN"]})),
    errno(allow(includes={"minKernel": "4.8"})),
    errno(*({"name": name, "action": "SCMP_ACT_ALLOW"} for name in ALL)),
    errno({"Names": ALL, "Action": "SCMP_ACT_LOG"}),
]
FILTERS: list[dict[str, Any]] = [
    {"defaultAction": "SCMP_ACT_ERRNO"},
    {"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]},
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [deny()]},
    errno(allow(includes={"caps": ["CAP_SYS_ADMIN"]})),
    errno({"names": ["clone", "unshare", "setns", "mount", "umount2", "pivot_root"], "action": "SCMP_ACT_ALLOW"}),
]
UNCLEAR = [
    *("", "[]", "1", "null", "{", '{"syscalls": 1}', '{"syscalls": [1]}', "[" * 100_000),
    '{"defaultAction": "SCMP_ACT_ERRNO", "DefaultAction": "SCMP_ACT_ALLOW"}',
    '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": 1}]}',
    '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": [[]], "action": []}]}',
    '{"defaultAction": {}, "syscalls": [{"names": ["mount"], "includes": {"caps": "CAP_CHOWN"}}]}',
]


@pytest.mark.parametrize("profile", NO_FILTERS)
def test_a_profile_that_lets_nearly_all_through_is_no_filter(profile: dict[str, Any], tmp_path: Path) -> None:
    text = json.dumps(profile)
    assert outcomes(tmp_path, text) == {Outcome.FAIL}
    assert {"seccomp", "seccomp-set"} <= failing(findings("container", option(text)))
    service = {"Mode": "custom", "Profile": base64.b64encode(text.encode()).decode()}
    spec = {"Spec": {"TaskTemplate": {"ContainerSpec": {"Privileges": {"Seccomp": service}}}}}
    assert "seccomp" in failing(findings("service", spec))


@pytest.mark.parametrize("profile", FILTERS)
def test_a_profile_that_keeps_calls_back_passes(profile: dict[str, Any], tmp_path: Path) -> None:
    assert outcomes(tmp_path, json.dumps(profile)) == {Outcome.PASS}
    assert not {"seccomp", "seccomp-set"} & failing(findings("container", option(json.dumps(profile))))


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_no_profile_or_has_two_meanings_is_unknown(text: str, tmp_path: Path) -> None:
    assert isinstance(read_profile(text, Source("f")), Unknown)
    assert outcomes(tmp_path, text) == {Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "it is no JSON object"),
        ('{"syscalls": 1}', "syscalls is no list"),
        ('{"syscalls": [1]}', "an entry of syscalls is no JSON object"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_is_wrong_with_a_profile_is_said_in_words(text: str, why: str) -> None:
    profile = read_profile(text, Source("f"))
    assert isinstance(profile, Unknown)
    assert profile.reason == f"the seccomp profile can't be read as one: {why}"


def test_a_file_that_is_missing_too_large_or_hidden_is_unknown(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    (tmp_path / "outside.json").write_text('{"defaultAction": "SCMP_ACT_ERRNO"}')
    (project / "large.json").write_text('{"defaultAction": "SCMP_ACT_ERRNO"}' + " " * 1024 * 1024)
    for name in ("./missing.json", "../outside.json", "./large.json", "/dev/zero", "."):
        assert of_file(project, name) == {Outcome.UNKNOWN}, name
    assert of_file(project, "../outside.json", trusted=True) == {Outcome.PASS}


def test_an_included_projects_profile_is_the_one_of_the_whole_projects_folder_too(tmp_path: Path) -> None:
    """Compose takes it from there, so a good one beside the included file says nothing."""
    part = tmp_path / "part"
    part.mkdir()
    (part / "p.json").write_text('{"defaultAction": "SCMP_ACT_ERRNO"}')
    (part / "part.yaml").write_text("services: {web: {image: shop, security_opt: ['seccomp=p.json']}}")
    (tmp_path / "compose.yaml").write_text("include: [part/part.yaml]")
    assert of(tmp_path) == {Outcome.PASS}
    (tmp_path / "p.json").write_text("{}")
    assert of(tmp_path) == {Outcome.FAIL}


def option(text: str) -> dict[str, Any]:
    return {"HostConfig": {"SecurityOpt": [f"seccomp={text}"]}}


def outcomes(folder: Path, text: str) -> set[Outcome]:
    (folder / "profile.json").write_text(text)
    return of_file(folder, "./profile.json")


def of_file(folder: Path, name: str, *, trusted: bool = False) -> set[Outcome]:
    (folder / "compose.yaml").write_text(f"services: {{web: {{image: shop, security_opt: ['seccomp={name}']}}}}")
    return of(folder, trusted=trusted)


def of(folder: Path, *, trusted: bool = False) -> set[Outcome]:
    result = check([str(folder / "compose.yaml")], level=Level.PRODUCTION, trusted=trusted)
    return {each.outcome for each in result.findings if each.control in CONTROLS}


def test_a_file_that_is_called_builtin_is_what_compose_takes(tmp_path: Path) -> None:
    """`seccomp=builtin` is Docker's own filter for the engine; Compose reads the file of that name, and hands it on."""
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: shop, security_opt: ['seccomp=builtin']}}\n")
    outcomes = []
    for profile in (None, FILTERS[0], {"defaultAction": "SCMP_ACT_ALLOW"}):
        if profile is not None:
            (tmp_path / "builtin").write_text(json.dumps(profile))
        found = check([str(file)], level=Level.BASELINE).findings
        outcomes.append(next(each.outcome for each in found if each.control == "workload/seccomp"))
    assert outcomes == [Outcome.PASS, Outcome.PASS, Outcome.FAIL]
