"""The Compose reader: what a service says, each value with its line, and what stays unknown."""

from __future__ import annotations

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.dialect import Platform
from dockworthy.model.field import Origin, Set, Unknown, Unset
from dockworthy.readers.compose import is_compose, looks_like_compose
from dockworthy.readers.yaml_source import documents
from readers.compose_service import container, read, value, web


def test_a_service_is_a_unit_of_docker() -> None:
    unit = web("image: shop")
    assert (unit.id, unit.kind, unit.name) == ("compose.yaml#web", "service", "web")
    assert unit.dialect.platform is Platform.DOCKER
    assert str(unit.source) == "compose.yaml:2 services.web"


def test_values_know_their_line() -> None:
    field = container("image: shop", "privileged: true").privileged
    assert isinstance(field, Set) and field.value is True
    assert str(field.source) == "compose.yaml:4 services.web.privileged"


def test_what_nobody_wrote_is_unset_at_the_service() -> None:
    found = container("image: shop")
    for field in (
        found.privileged,
        found.capabilities_drop,
        found.read_only_root,
        found.allow_privilege_escalation,
        found.restart,
        found.limits.memory,
        found.limits.pids,
    ):
        assert isinstance(field, Unset)
        assert field.source.line == 2


def test_what_the_image_or_the_engine_decides_is_unknown() -> None:
    found = container("image: shop:1")
    for field in (found.context.user, found.health, found.logging):
        assert isinstance(field, Unknown) and field.tell
    assert isinstance(found.health, Unknown) and found.health.tell.endswith("shop:1")


def test_the_engines_documented_defaults() -> None:
    unit = web("image: shop")
    context, namespaces = unit.containers[0].context, unit.namespaces
    for field in (context.seccomp, context.apparmor):
        assert value(field).type == "RuntimeDefault"
        assert isinstance(field, Set) and field.origin is Origin.PLATFORM
        assert field.source.where == "Docker's default"
    assert [value(field) for field in (namespaces.pid, namespaces.ipc, namespaces.uts)] == ["private"] * 3
    assert value(unit.networks) == ("default",)


@pytest.mark.parametrize(
    ("written", "names"),
    [("[net_admin, CAP_SYS_PTRACE]", ("NET_ADMIN", "SYS_PTRACE")), ("[all]", ("ALL",)), ("[]", ())],
)
def test_capabilities_in_any_spelling(written: str, names: tuple[str, ...]) -> None:
    found = container(f"cap_add: {written}", f"cap_drop: {written}")
    assert value(found.capabilities_add) == names == value(found.capabilities_drop)


@pytest.mark.parametrize(
    ("option", "seccomp", "apparmor", "escalation", "masks"),
    [
        ("seccomp:unconfined", "Unconfined", "RuntimeDefault", None, "Default"),
        ("seccomp=./profile.json", "Localhost", "RuntimeDefault", None, "Default"),
        ("apparmor=unconfined", "RuntimeDefault", "Unconfined", None, "Default"),
        ("apparmor:mine", "RuntimeDefault", "Localhost", None, "Default"),
        ("no-new-privileges", "RuntimeDefault", "RuntimeDefault", False, "Default"),
        ("no-new-privileges:true", "RuntimeDefault", "RuntimeDefault", False, "Default"),
        ("no-new-privileges=false", "RuntimeDefault", "RuntimeDefault", True, "Default"),
        ("systempaths=unconfined", "RuntimeDefault", "RuntimeDefault", None, "Unmasked"),
    ],
)
def test_security_options(option: str, seccomp: str, apparmor: str, escalation: bool | None, masks: str) -> None:
    found = container(f"security_opt: ['{option}']")
    assert value(found.context.seccomp).type == seccomp
    assert value(found.context.apparmor).type == apparmor
    assert value(found.proc_mount) == masks
    allowed = found.allow_privilege_escalation
    assert (allowed.value if isinstance(allowed, Set) else None) is escalation


def test_privileged_takes_the_profiles_away_at_its_own_line() -> None:
    found = container("image: shop", "privileged: true")
    for field in (found.context.seccomp, found.context.apparmor, found.proc_mount):
        assert isinstance(field, Set) and field.source.line == 4
    assert value(found.context.seccomp).type == "Unconfined"


def test_limits_old_and_new() -> None:
    old = container("mem_limit: 64m", "cpus: 0.5", "pids_limit: 100", "memswap_limit: -1").limits
    new = container("deploy: {resources: {limits: {memory: 64M, cpus: '0.5', pids: 100}}}").limits
    for limits in (old, new):
        assert [value(field) for field in (limits.memory, limits.cpus, limits.pids)] == [64 * 2**20, 0.5, 100]
    assert value(old.memory_swap) == -1
    assert value(container("cpu_quota: 50000").limits.cpus) == 0.5
    assert isinstance(container("mem_limit: 0").limits.memory, Unset)
    assert isinstance(container("pids_limit: -1").limits.pids, Unset)


def test_ulimits_of_both_forms() -> None:
    found = container("ulimits: {nofile: {soft: 1024, hard: 2048}, nproc: 100}").limits.ulimits
    assert value(found) == {"nofile": (1024, 2048), "nproc": (100, 100)}


def test_health_checks() -> None:
    assert value(container("healthcheck: {test: curl -f localhost, interval: 1m30s}").health).interval == 90
    assert value(container("healthcheck: {test: [CMD, /shop], retries: 3}").health).test == ("CMD", "/shop")
    assert value(container("healthcheck: {disable: true}").health).disabled
    assert value(container("healthcheck: {test: [NONE]}").health).disabled
    assert isinstance(container("healthcheck: {interval: 5s}").health, Unknown)


def test_restart_policies() -> None:
    assert value(container("restart: no").restart).name == "no"
    assert value(container("restart: on-failure:3").restart).maximum == 3
    field = container("restart: always", "deploy: {restart_policy: {condition: none}}").restart
    assert value(field).name == "no"
    assert value(container("deploy: {restart_policy: {condition: any}}").restart).name == "always"


def test_logging_with_a_driver() -> None:
    found = value(container("logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}").logging)
    assert (found.driver, found.options) == ("json-file", {"max-size": "10m", "max-file": "3"})


def test_users() -> None:
    assert value(container("user: 1000:1000").context.user).uid == 1000
    assert value(container("user: app").context.user).name == "app"


def test_commands() -> None:
    assert value(container("entrypoint: /shop serve", "command: ['--port', '80']").command) == (
        "/shop",
        "serve",
        "--port",
        "80",
    )


def test_what_is_built_here_has_no_name_to_judge() -> None:
    assert isinstance(container("build: .").image, Unknown)
    assert value(container("build: .", "image: shop:1").image) == "shop:1"


def test_a_program_of_the_host_is_no_container() -> None:
    assert read("services: {db: {provider: {type: cloud}}}") == []
    (web,) = read("services: {web: {image: shop}, db: {provider: {type: cloud}}}")
    assert any("the program cloud of this machine creates db" in note for note in web.notes)


@pytest.mark.parametrize(
    "kind", ["./provide.sh", "/usr/bin/env", "../x/y", "sh", "bash", "python3", "python3.13", "make"]
)
def test_a_program_that_lies_beside_the_file_is_refused(kind: str) -> None:
    """Compose would run it as whoever deploys: `sh` runs the file `compose` of the folder."""
    with pytest.raises(UnreadableInput, match="Compose runs that on the machine"):
        read(f"services: {{web: {{image: shop}}, db: {{provider: {{type: '{kind}'}}}}}}")


def test_a_dockerfile_in_the_project_is_said_to_be_unjudged() -> None:
    (web,) = read("services: {web: {build: {context: ., dockerfile_inline: 'FROM debian:8'}}}")
    assert [note.partition(": ")[2] for note in web.notes] == [
        "this Dockerfile was not judged: put it into a file of its own, and name that one here"
    ]
    assert "services.web.build.dockerfile_inline" in web.notes[0]
    (web,) = read("services: {web: {build: {context: .}}}")
    assert web.notes == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("privileged: maybe", "compose.yaml:3: services.web.privileged is 'maybe', not true or false"),
        ("privileged: [true]", "compose.yaml:3: services.web.privileged is a list"),
        ("cap_add: SYS_ADMIN", "compose.yaml:3: services.web.cap_add is 'SYS_ADMIN', not a list"),
        ("ports: [http]", "not a port like"),
        ("ports: ['1-3:1-2']", "not two ranges"),
        ("ports: ['70000:80']", "not a port like"),
        ("volumes: ['data:b:c:d']", "not a mount like"),
        ("volumes: [{type: bend, target: /x}]", "not bind, volume"),
        ("mem_limit: lots", "not a size like"),
        ("healthcheck: {interval: 5}", "not a duration like"),
        ("restart: sometimes", "on-failure"),
        ("pids_limit: many", "not a whole number"),
        ("image: ${TAG", "`${` without its `}`"),
        ("image: shop", "stands twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(line: str, says: str) -> None:
    lines = ("image: shop", line) if "twice" in says else (line,)
    with pytest.raises(UnreadableInput) as error:
        web(*lines)
    assert says in error.value.says
    assert error.value.file == "compose.yaml" and error.value.line


@pytest.mark.parametrize(
    ("text", "named", "found"),
    [
        ("services: {web: {image: shop}}", True, True),
        ("services: {web: {environment: {A: b}}}", True, False),
        ("services: {App: {class: App}}", True, False),
        ("services: [docker]", False, False),
        ("[services]", False, False),
        ("include: [a.yaml]", True, False),
        ("{include: [src], compilerOptions: {strict: true}}", False, False),
    ],
)
def test_a_compose_file_is_known_by_its_content(text: str, named: bool, found: bool) -> None:
    (document,) = documents(text, "x.yaml")
    assert (is_compose(document), looks_like_compose(document)) == (named, found)


@pytest.mark.parametrize("written", ["{}", "[]"])
def test_a_service_with_an_empty_list_of_networks_joins_the_default_one(written: str) -> None:
    (unit,) = read(f"services: {{web: {{image: s, networks: {written}}}}}\nnetworks: {{default: {{name: own}}}}")
    assert value(unit.networks) == ("own",) and [use.name for use in unit.network_uses] == ["own"]
    assert value(unit.namespaces.network) == "own"
