"""Titus' job descriptors: what is recognised, and what a job says."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.dialect import Platform
from dockworthy.model.field import Origin, Set, Unknown, Unset
from dockworthy.model.workload import ContainerRole, Unit
from dockworthy.readers.titus import is_titus
from dockworthy.readers.titus.job import read_titus
from dockworthy.readers.yaml_source import documents

JOB = """{
  "applicationName": "shop",
  "container": {
    "resources": {"cpu": 2, "memoryMB": 4096,
      "efsMounts": [{"efsId": "fs-1", "mountPoint": "/data", "mountPerm": "RO"}]},
    "securityProfile": {"securityGroups": ["sg-1"], "iamRole": "shopRole"},
    "image": {"name": "team/shop", "digest": "sha256:abc"},
    "entryPoint": ["/shop"], "command": ["serve"],
    "env": {"DB_PASSWORD": "not-so-secret"},
    "softConstraints": {"constraints": {"zoneBalance": "true"}},
    "attributes": {"titusParameter.agent.fuseEnabled": "true"}
  },
  "extraContainers": [{"name": "log", "image": {"name": "log", "tag": "1"}}],
  "service": {"capacity": {"min": 1, "desired": 3, "max": 5}, "retryPolicy": {"immediate": {}}},
  "disruptionBudget": {"availabilityPercentageLimit": {"percentageOfHealthyContainers": 90}, "rateUnlimited": {},
                       "containerHealthProviders": [{"name": "eureka"}]}
}"""


def read(text: str) -> Unit:
    (document,) = documents(text, "job.json")
    assert is_titus(document)
    return read_titus(document)


def value(field: Any) -> Any:
    assert isinstance(field, Set), field
    return field.value


def test_a_whole_job() -> None:
    unit = read(JOB)
    main, extra = unit.containers
    assert (unit.kind, unit.name, unit.dialect.platform) == ("service", "shop", Platform.TITUS)
    assert (value(main.image), value(extra.image)) == ("team/shop@sha256:abc", "log:1")
    assert value(main.command) == ("/shop", "serve")
    assert main.environment_lines["DB_PASSWORD"].line == 9
    assert value(main.limits.memory) == 4096 * 1024**2
    assert [(mount.source, mount.target, mount.read_only) for mount in main.mounts] == [("fs-1", "/data", True)]
    assert extra.role is ContainerRole.SIDECAR and isinstance(extra.limits.memory, Unknown)
    assert value(unit.replicas) == 3
    own = unit.orchestrated
    assert (value(own.role), value(own.security_groups)) == ("shopRole", ("sg-1",))
    assert value(own.placement) == ("zoneBalance",)
    assert value(own.budget).says == "availabilityPercentageLimit"
    assert value(main.health).test == ("eureka",)


def test_capabilities_that_the_profile_names_count() -> None:
    profile = '"securityProfile": {"capabilities": {"add": ["CAP_NET_ADMIN"], "drop": ["all"]}},\n'
    text = '{"applicationName": "a", "service": {}, "container": {"image": {"name": "a"},\n' + profile
    (main,) = read(f'{text} "attributes": {{"titusParameter.agent.fuseEnabled": "true"}}}}}}').containers
    assert value(main.capabilities_add) == ("NET_ADMIN", "SYS_ADMIN")
    assert value(main.capabilities_drop) == ("ALL",)
    assert main.capabilities_add.source.line == 2  # type: ignore[union-attr]
    for wrong in ("5", "[5, [6]]", "[{}]"):
        with pytest.raises(UnreadableInput):
            read(text.replace('["CAP_NET_ADMIN"]', wrong) + ' "env": {}}}')


def test_fuse_takes_the_right_to_mount_at_its_own_line() -> None:
    (main, _) = read(JOB).containers
    assert value(main.capabilities_add) == ("SYS_ADMIN",)
    assert main.capabilities_add.source.line == 11  # type: ignore[union-attr]
    assert main.devices[0].host_path == "/dev/fuse"


def test_what_titus_gives_everybody_is_not_written() -> None:
    main = read(JOB).containers[0]
    for field in (main.privileged, main.context.apparmor):
        assert isinstance(field, Set) and field.origin is Origin.PLATFORM
    assert isinstance(main.context.user, Unknown)


def test_a_batch_job_without_a_profile() -> None:
    text = "{applicationName: a, container: {image: {name: a}}, batch: {size: 2, runtimeLimitSec: '3600'}}"
    unit = read(text)
    assert (unit.kind, value(unit.replicas)) == ("job", 2)
    assert isinstance(unit.orchestrated.role, Unset)
    assert isinstance(unit.orchestrated.budget, Unset)
    memory = unit.containers[0].limits.memory
    assert isinstance(memory, Set) and (memory.value, memory.origin) == (512 * 1024**2, Origin.PLATFORM)


def test_numbers_may_be_written_as_text_as_protocol_buffers_do() -> None:
    resources = "{memoryMB: '64', cpu: '0.5'}"
    unit = read(
        f"{{applicationName: a, container: {{image: {{name: a}}, resources: {resources}}}, batch: {{size: '3'}}}}"
    )
    limits = unit.containers[0].limits
    assert (value(limits.memory), value(limits.cpus), value(unit.replicas)) == (64 * 1024**2, 0.5, 3)


@pytest.mark.parametrize(
    "text",
    [
        "{applicationName: a}",
        "{applicationName: a, container: {image: a}, service: {}}",
        "{applicationName: a, container: {image: {name: a}}}",
        "{applicationName: a, container: {image: {}, resources: {}}, service: {}}",
        "{name: a, container: {image: {name: a}, resources: {}}, service: {}}",
        "[]",
    ],
)
def test_other_files_are_not_taken_for_a_job(text: str) -> None:
    (document,) = documents(text, "x.json")
    assert not is_titus(document)


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("resources: {memoryMB: lots}, image: {name: a}", "memoryMB is 'lots', not a number"),
        ("resources: [a], image: {name: a}", "resources is a list, not a mapping"),
        ("resources: {cpu: 1}, image: {name: a}, env: [A]", "env is a list, not a mapping"),
        ("resources: {cpu: 1}, image: {name: a}, command: serve", "command is 'serve', not a list"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(part: str, says: str) -> None:
    with pytest.raises(UnreadableInput) as error:
        read(f"{{applicationName: a, container: {{{part}}}, batch: {{}}}}")
    assert error.value.says.startswith("job.json:1") and says in error.value.says
