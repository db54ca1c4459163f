"""A swarm looks an image's name up once more, on each node: services name an image so that it is one and the same."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from guard.guarded import PLUGIN
from guard.sockets import Reached, start_socket
from guard.test_device_nodes import archive
from guard.test_judging import World, ask
from guard.worlds import LOOKED_AT
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host
from machines.registry import Registry, a_registry, why_no_registry

DIGEST = f"sha256:{'d' * 64}"
OTHER = f"sha256:{'e' * 64}"
CREATE, UPDATE = "POST /v1.45/services/create", "POST /v1.45/services/web/update?version=7"
ROLLBACK = f"{UPDATE}&rollback=previous"


def spec(image: str) -> dict[str, Any]:
    return {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": image}}}


class Node(World):
    """`shop:1` is here as it was pulled, `made:1` was made here, and service web runs `old:1`."""

    def __init__(self, before: str = "") -> None:
        super().__init__(
            service_web={
                "Version": {"Index": 7},
                "Spec": spec("old:1"),
                "PreviousSpec": spec(before) if before else None,
            }
        )

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        pulled = {"Id": LOOKED_AT, "RepoDigests": [f"mirror/shop@{OTHER}", f"shop@{DIGEST}"]}
        made = {"Id": LOOKED_AT, "RepoDigests": []}
        names = dict.fromkeys(("shop:1", f"shop:1@{DIGEST}", f"shop@{DIGEST}", LOOKED_AT, LOOKED_AT[7:19]), pulled)
        return {**names, "made:1": made, "old:1": made}.get(reference)


GOOD = (LOOKED_AT, f"shop@{DIGEST}", f"shop:1@{DIGEST}")
BAD = {
    "shop:1": f"name what it is here: shop@{DIGEST}",
    "made:1": f"name what it is here: {LOOKED_AT}",
    LOOKED_AT[7:19]: "may find another image",
    "elsewhere:1": "docker pull elsewhere:1 here",
    f"elsewhere:1@{DIGEST}": "docker pull elsewhere:1 here",
    OTHER: "it is not on this node",
}


@pytest.mark.parametrize("line", [CREATE, UPDATE])
@pytest.mark.parametrize("image", GOOD)
async def test_what_is_the_same_image_everywhere(line: str, image: str) -> None:
    decision = await ask(line, spec(image), world=Node())
    assert decision.allowed, decision.message()


@pytest.mark.parametrize("line", [CREATE, UPDATE])
@pytest.mark.parametrize("image", BAD)
async def test_what_a_node_could_take_for_another(line: str, image: str) -> None:
    decision = await ask(line, spec(image), world=Node())
    assert [each.rule for each in decision.refusals] == ["guard/image-moved"], decision.message()
    assert BAD[image] in decision.message()


async def test_an_image_by_its_id_is_of_no_registry() -> None:
    policy = PolicyInForce(guard=GuardPolicy(registries=("registry.example.com",)))
    assert (await ask(CREATE, spec(LOOKED_AT), world=Node(), policy=policy)).allowed
    for image in (f"shop@{DIGEST}", "sha256:x"):
        decision = await ask(CREATE, spec(image), world=Node(), policy=policy)
        assert "guard/registries" in {each.rule for each in decision.refusals}


async def test_to_scale_a_service_changes_no_image() -> None:
    assert (await ask(UPDATE, spec("old:1"), world=Node())).allowed
    assert not (await ask(CREATE, spec("old:1"), world=Node())).allowed


@pytest.mark.parametrize(
    ("before", "allowed"), [(f"gone@{DIGEST}", True), (OTHER, True), ("old:1", True), ("gone:1", False)]
)
async def test_what_a_rollback_brings_back_was_looked_at_when_it_was_written(before: str, allowed: bool) -> None:
    decision = await ask(ROLLBACK, spec("old:1"), world=Node(before))
    assert decision.allowed is allowed, decision.message()


Host = tuple[OwnHost, Registry, Registry]
PEOPLE = "/run/people.sock"
POLICY = 'guard: {roles: [{who: "user:pat", role: deployer}], registries: [docker.io, "%s", "%s"]}'


@pytest.fixture(scope="module")
def registries(engines_folder: Path) -> Iterator[Host]:
    if why := why_no_registry():
        pytest.skip(why)
    host = start_host(engines_folder / "guard-service-images")
    try:
        host.run("sh", "-c", "echo pat:x:7007:7007::/tmp/pat:/bin/sh >>/etc/passwd; echo pat:x:7007: >>/etc/group")
        inside = host.inside
        with (
            a_registry(host.folder / "one", inside=inside) as one,
            a_registry(host.folder / "two", inside=inside) as two,
        ):
            host.write("/etc/guard.yaml", POLICY % (one.name, two.name))
            start_socket(host, PEOPLE, "--socket", PLUGIN, "--people", PEOPLE, "--policy", "/etc/guard.yaml",
                         "--level", "baseline", command="serve")  # fmt: skip
            host.start_engine({"authorization-plugins": ["dockworthy"]})
            host.load_busybox()
            Reached(host, PEOPLE).docker("swarm", "init", "--advertise-addr", "127.0.0.1")
            yield host, one, two
    finally:
        host.stop()


def has_node(host: OwnHost, service: str) -> bool:
    """Does its task bring the node of a disk? Waits until it runs."""
    listed = ("docker", "ps", "-q", "--filter", f"label=com.docker.swarm.service.name={service}")
    host.wait(lambda: bool(host.run(*listed).stdout.strip()), "its task runs")
    pid = host.docker("inspect", "-f", "{{.State.Pid}}", host.run(*listed).stdout.decode().split()[0]).stdout
    return host.run("test", "-b", f"/proc/{pid.decode().strip()}/root/imgdisk", check=False).returncode == 0


@pytest.mark.engine
def test_a_name_that_is_another_image_at_the_registry(registries: Host) -> None:
    """With the fault the swarm pulls what the registry has, although nobody ever looked at that."""
    host, at, _ = registries
    root, pat = Reached(host, PEOPLE), Reached(host, PEOPLE, "pat")
    name = f"{at.name}/moving:1"
    host.run(
        "docker", "import", "--change", "ENV PATH=/bin", "-", name, input=archive(("imgdisk", tarfile.BLKTYPE, 7, 0))
    )
    root.docker("push", name)
    create = ("service", "create", "--detach", "--name")
    for asked in (host.docker, pat.docker):  # not here at all: by its name, and by the digest that the client finds
        root.docker("rmi", "--force", name, check=False)
        for more in ((), ("--no-resolve-image",)):
            refused = asked(*create, "moving", *more, name, "sleep", "3600", check=False)
            assert b"guard/image-moved" in refused.stderr and b"docker pull" in refused.stderr, refused
    root.docker("tag", BUSYBOX, name)  # made here, and another one over there
    id = root.docker("image", "inspect", "-f", "{{.Id}}", BUSYBOX).stdout.decode().strip()
    for asked in (host.docker, pat.docker):
        refused = asked(*create, "moving", "--no-resolve-image", name, "sleep", "3600", check=False)
        assert b"guard/image-moved" in refused.stderr and f"name what it is here: {id}".encode() in refused.stderr
    pat.docker(*create, "kept", id, "sleep", "3600")
    assert not has_node(host, "kept")
    pat.docker("service", "update", "--detach", "--env-add", "A=1", "kept")
    root.docker(*create, "admins", "--no-resolve-image", name, "sleep", "3600")
    assert has_node(host, "admins"), "else this proves nothing"
    root.docker("service", "rm", "kept", "admins")


@pytest.mark.engine
def test_an_image_that_is_here_by_its_digest(registries: Host) -> None:
    """`docker service create` finds the digest itself, so that who pulled an image notices nothing."""
    host, at, _ = registries
    root, pat = Reached(host, PEOPLE), Reached(host, PEOPLE, "pat")
    name = f"{at.name}/good:1"
    root.docker("tag", BUSYBOX, name)
    root.docker("push", name)
    pat.docker("service", "create", "--detach", "--name", "good", name, "sleep", "3600")
    assert not has_node(host, "good")
    root.docker("service", "rm", "good")


@pytest.mark.engine
def test_a_login_that_the_swarm_keeps_goes_to_no_registry_that_a_person_names(registries: Host) -> None:
    """With the fault, the node logs in at a registry of the person's with the password that root gave."""
    host, at, other = registries
    root, pat = Reached(host, PEOPLE), Reached(host, PEOPLE, "pat")
    name, good, elsewhere = "logins-service", f"{at.name}/logins", f"{other.name}/logins"
    digests = {}
    for image in (good, elsewhere):
        root.docker("tag", BUSYBOX, image)
        root.docker("push", image)
        shown = root.docker("image", "inspect", "-f", '{{join .RepoDigests " "}}', image).stdout.decode().split()
        digests[image] = next(each for each in shown if each.startswith(image))
    exact, there = digests[good].replace("@", ":2@"), digests[elsewhere]
    made = ("service", "create", "--detach", "--no-resolve-image", "--with-registry-auth", "--name", name)
    root.docker(*made, digests[good], "sleep", "3600")
    update = ("service", "update", "--detach", "--no-resolve-image")
    pat.docker(*update, "--image", exact, name)
    for asked in (pat.docker, host.docker):
        refused = asked(*update, "--image", there, name, check=False)
        assert b"guard/registry-login" in refused.stderr and at.name.encode() in refused.stderr, refused.stderr
    host.docker(*update, "--image", digests[good], name)
    pat.docker("service", "rollback", "--detach", name)
    pat.docker(*update, "--with-registry-auth", "--image", there, name)
    found = pat.ask("GET", f"/services/{name}").json
    spec, before = found["Spec"], found["PreviousSpec"]
    assert [each["TaskTemplate"]["ContainerSpec"]["Image"] for each in (spec, before)] == [there, exact]
    for query in ("&registryAuthFrom=previous-spec", "&registryAuthFrom=previous-spec&rollback=previous"):
        version = found["Version"]["Index"]
        answer = pat.ask("POST", f"/services/{name}/update?version={version}{query}", spec)
        assert answer.status == 403 and b"guard/registry-login" in answer.body, answer
        blind = host.run(*_asking(f"/services/{name}/update?version={version}{query}"), input=json.dumps(spec).encode())
        assert b" 403 " in blind.stdout and b"guard/registry-login" in blind.stdout, "the plugin sees no login at all"
    root.docker(*update, "--image", digests[good], name)
    root.docker("service", "rm", name)


def _asking(target: str) -> tuple[str, ...]:
    """With a login, as curl sends it to the engine's own socket."""
    head = ("-H", "Content-Type: application/json", "-H", "X-Registry-Auth: e30=")
    return ("curl", "-si", "--unix-socket", "/var/run/docker.sock", *head, "-d", "@-", f"http://docker{target}")


async def test_a_login_that_the_gate_saw_counts_at_the_plugin() -> None:
    """The engine shows its plugin no login: whether one was sent the people's socket knows."""
    body = spec("evil.example.com/shop@" + DIGEST)
    seen = Node()
    seen.found["service_web"] = {"Version": {"Index": 7}, "Spec": spec(f"good.example.com/shop@{DIGEST}")}
    decision = await ask(UPDATE, body, world=seen)
    assert "guard/registry-login" in {each.rule for each in decision.refusals}
    decision = await ask(UPDATE, body, world=seen, headers={"x-registry-auth": "e30="})
    assert "guard/registry-login" not in {each.rule for each in decision.refusals}
