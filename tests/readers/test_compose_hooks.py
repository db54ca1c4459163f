"""What else runs for a service: hooks inside its container, and steps before it in containers of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.workload import ContainerRole, Unit
from dockworthy.readers.compose.project import read_compose, settled
from dockworthy.readers.yaml_source import documents

TEXT = """\
services:
  web:
    image: shop
    user: "1000"
    cap_drop: [ALL]
    environment: {A: 1, B: 2}
    volumes: ["data:/data"]
    post_start:
      - {command: chown, user: root, privileged: true}
    pre_start:
      - command: [migrate]
        environment: [B=3]
      - {image: busybox, command: x, user: "5", privileged: true}
volumes: {data: {}}
"""


def read(text: str, **environ: str) -> Unit:
    (document,) = documents(text, "compose.yaml")
    return read_compose(document, environ=environ, folder=Path("/nonexistent"))[0]


def test_a_privileged_hook_makes_its_container_privileged() -> None:
    main = read(TEXT).containers[0]
    assert isinstance(main.privileged, Set) and main.privileged.value
    assert (main.privileged.source.line, main.privileged.source.path) == (9, "services.web.post_start[0].privileged")
    harmless = read(TEXT.replace("privileged: true", "privileged: false")).containers[0]
    assert isinstance(harmless.privileged, Unset)
    unclear = read(TEXT.replace("privileged: true", "privileged: $P")).containers[0]
    assert isinstance(unclear.privileged, Unknown)


def test_a_step_before_is_a_container_of_its_own() -> None:
    main, first, second = read(TEXT).containers
    assert [c.role for c in (main, first, second)] == [ContainerRole.MAIN, ContainerRole.INIT, ContainerRole.INIT]
    assert first.name == "web.pre_start[0]" and first.mounts == main.mounts
    image, environment, command = first.image, first.environment, first.command
    assert isinstance(image, Set) and image.value == "shop"
    assert isinstance(environment, Set) and environment.value == {"A": "1", "B": "3"}
    assert isinstance(command, Set) and command.value == ("migrate",)
    assert isinstance(first.capabilities_drop, Unset) and isinstance(first.context.user, Unknown)  # nothing hardens it
    own, user = second.image, second.context.user
    assert isinstance(own, Set) and own.value == "busybox" and isinstance(user, Set) and user.value.uid == 5
    assert isinstance(second.privileged, Set) and second.privileged.source.line == 13


def test_check_says_which_step_it_is(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(TEXT.replace("user: root, privileged: true", "user: root"))
    (found,) = [
        finding
        for finding in check([str(file)], level=Level.BASELINE).findings
        if finding.control == "workload/privileged"
    ]
    assert found.outcome is Outcome.FAIL and found.evidence[0].says == "web.pre_start[1]: privileged: true"


def test_the_platform_tells_the_operating_system() -> None:
    systems = []
    for platform in ("windows/amd64", "linux/arm64", "amd64", "''"):
        system = read(f"services: {{web: {{image: shop, platform: {platform}}}}}").os
        systems.append(system.value if isinstance(system, Set) else None)
    assert systems == ["windows", "linux", "linux", None]


def test_labels_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "web.label").write_text("a=1\nb=2\n")
    (document,) = documents("services: {web: {image: s, label_file: [web.label, no.label], labels: [b=3]}}", "c.yaml")
    (unit,) = read_compose(document, environ={}, folder=tmp_path)
    assert unit.labels == {"a": "1", "b": "3"}


def test_a_variable_in_the_options_of_a_volume_leaves_its_mount_unclear() -> None:
    text = "services: {web: {image: s, volumes: ['etc:/a', 'log:/b']}}\n"
    text += "volumes: {etc: {driver_opts: {o: bind, device: $D}}}"
    container = read(text).containers[0]
    assert [mount.target for mount in container.mounts] == ["/b"]
    assert "the variable D has no value here" in container.unclear["mounts"].reason
    assert read(text, D="/etc").containers[0].mounts[0].host_path == "/etc"


def test_the_user_of_a_hook_is_a_matter_of_its_container() -> None:
    main = read(TEXT).containers[0]
    (hook,) = main.hook_users
    assert hook.name == "web.post_start[0]" and isinstance(hook.user, Set) and hook.user.value.name == "root"
    assert (hook.user.source.line, hook.user.source.path) == (9, "services.web.post_start[0].user")
    same = read(TEXT.replace("user: root, privileged: true", "user: ''"))
    assert not same.containers[0].hook_users
    assert [each.name for each in same.containers] == ["web", "web.pre_start[0]", "web.pre_start[1]"]


def test_a_hook_as_another_user_changes_no_other_finding(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    hook = "\n    post_start: [{command: chown, user: root}]"
    before, after = (
        {
            (finding.control, finding.outcome, evidence.says)
            for text in (f"services:\n  web:\n    image: shop\n    user: '1000'\n    volumes: [/:/host]{more}\n",)
            if file.write_text(text)
            for finding in check([str(file)], level=Level.PRODUCTION).findings
            for evidence in finding.evidence
        }
        for more in ("", hook)
    )
    assert {found for found in before ^ after if found[0] != "workload/run-as-non-root"} == set()
    assert ("workload/run-as-non-root", Outcome.FAIL, "web.post_start[0]: runs as root") in after


def test_the_same_devices_and_hooks_in_the_words_of_compose_are_read_alike() -> None:
    ours = read("services: {web: {image: shop, gpus: all, post_start: [{command: x, user: $WHO}]}}")
    theirs = read("services: {web: {image: shop, gpus: [{count: -1}], post_start: [{command: x, user: ''}]}}")
    assert settled(ours, theirs) == ours


@pytest.mark.parametrize(
    "hook",
    [
        "post_start: [{command: x, user: root}]",
        "pre_stop: [{command: x, user: '0:1000'}]",
        "develop: {watch: [{action: sync+exec, path: ., target: /x, exec: {command: x, user: root}}]}",
        "develop: {watch: [{action: sync, path: ., target: /x}, {action: sync+exec, path: ., exec: {user: '0'}}]}",
    ],
)
def test_a_hook_as_root_fails_where_its_container_is_not_root(tmp_path: Path, hook: str) -> None:
    assert outcome(tmp_path, hook, "workload/run-as-non-root") is Outcome.FAIL
    harmless = hook.replace("root", "1001").replace("'0", "'1001")
    assert outcome(tmp_path, harmless, "workload/run-as-non-root") is Outcome.PASS
    assert outcome(tmp_path, hook.replace("root", "$WHO").replace("'0", "'$WHO"), "workload/run-as-non-root") is (
        Outcome.UNKNOWN
    )


@pytest.mark.parametrize("key", ["post_start", "pre_stop", "develop"])
def test_a_privileged_hook_of_any_kind_fails(tmp_path: Path, key: str) -> None:
    hook = "{command: x, privileged: true}"
    whole = (
        f"develop: {{watch: [{{action: sync+exec, path: ., exec: {hook}}}]}}"
        if key == "develop"
        else f"{key}: [{hook}]"
    )
    assert outcome(tmp_path, whole, "workload/privileged") is Outcome.FAIL


def test_devices_by_request_are_told_in_the_words_of_the_file() -> None:
    listed = "[{driver: nvidia, count: 1}, {driver: $D, count: $N}]"
    for gpus, told in (("all", ["gpus: all"]), ("$N", ["gpus: $N"]), (listed, ["gpus: nvidia", "gpus: gpu"])):
        container = read(f"services: {{web: {{image: shop, gpus: {gpus}}}}}").containers[0]
        assert [each.says for each in container.device_requests] == told
        assert not container.unclear


def outcome(folder: Path, hook: str, control: str) -> Outcome:
    file = folder / "compose.yaml"
    file.write_text(f"services:\n  web:\n    image: shop\n    user: '1000'\n    {hook}\n")
    (found,) = [each for each in check([str(file)], level=Level.PRODUCTION).findings if each.control == control]
    return found.outcome
