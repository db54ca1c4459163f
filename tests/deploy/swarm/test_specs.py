"""From Compose's words to a swarm's, and when two of them say the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy.composed import composed
from dockworthy.deploy.targets.swarm.placement import Volumes, placed
from dockworthy.deploy.targets.swarm.service_spec import file_mode, nanoseconds, service_spec, size
from dockworthy.deploy.targets.swarm.spec_hash import spec_hash
from effort import examples

WEB: dict[str, Any] = {
    "image": "sha256:abc",
    "command": ["serve", "--price=5$$"],
    "environment": {"B": "2", "A": "1", "UNSET": None},
    "init": False,
    "mem_limit": "536870912",
    "cpus": 0.5,
    "pids_limit": 100,
    "restart": "on-failure:3",
    "extra_hosts": ["db=10.0.0.9"],
    "ulimits": {"nofile": {"soft": 10, "hard": 20}, "core": 0},
    "tmpfs": ["/tmp"],
    "secrets": [{"source": "pw-1", "target": "pw", "mode": "0440", "uid": "7"}],
    "healthcheck": {"test": ["CMD", "true"], "interval": "1m30s", "start_interval": "100ms", "retries": 3},
    "volumes": [{"type": "volume", "source": "data", "target": "/data", "volume": {}}],
    "networks": {"default": None, "dockworthy-edge": {"aliases": ["web.shop"]}},
    "ports": [{"mode": "host", "target": 80, "published": "8080", "protocol": "tcp"}],
}
SPEC = composed(
    {
        "name": "shop",
        "services": {"web": WEB},
        "networks": {
            "default": {"name": "shop_default"},
            "dockworthy-edge": {"name": "dockworthy-edge", "external": True},
        },
        "volumes": {"data": {"name": "shop_data"}},
        "secrets": {"pw-1": {"name": "shop_pw-1", "external": True}},
    }
)


def test_a_service_says_the_same_on_a_swarm() -> None:
    made = service_spec(SPEC, "web", replicas=2, reference="shop:1", ids={"shop_pw-1": "id1", "shop_default": "n1"})
    container = made["TaskTemplate"]["ContainerSpec"]
    assert made["Name"] == "shop_web" and made["Mode"] == {"Replicated": {"Replicas": 2}}
    assert container["Args"] == ["serve", "--price=5$"] and container["Env"] == ["A=1", "B=2"]
    assert container["Init"] is False and container["Hosts"] == ["10.0.0.9 db"]
    assert container["Ulimits"] == [{"Name": "core", "Soft": 0, "Hard": 0}, {"Name": "nofile", "Soft": 10, "Hard": 20}]
    assert container["Healthcheck"] == {
        "Test": ["CMD", "true"], "Interval": 90 * 10**9, "StartInterval": 10**8, "Retries": 3,
    }  # fmt: skip
    file = {"Name": "pw", "UID": "7", "GID": "0", "Mode": 0o440}
    assert container["Secrets"] == [{"File": file, "SecretName": "shop_pw-1", "SecretID": "id1"}]
    assert [(each["Type"], each["Target"]) for each in container["Mounts"]] == [("volume", "/data"), ("tmpfs", "/tmp")]
    limits = {"NanoCPUs": 5 * 10**8, "MemoryBytes": 536870912, "Pids": 100}
    assert made["TaskTemplate"]["Resources"] == {"Limits": limits}
    assert made["TaskTemplate"]["RestartPolicy"] == {"Condition": "on-failure", "MaxAttempts": 3}
    assert made["TaskTemplate"]["Networks"] == [
        {"Target": "dockworthy-edge", "Aliases": ["web", "web.shop"]}, {"Target": "n1", "Aliases": ["web"]},
    ]  # fmt: skip
    assert made["EndpointSpec"]["Ports"][0]["PublishMode"] == "host"
    assert made["UpdateConfig"]["Order"] == "stop-first", "the port of a host can be had by one only"


def test_the_options_of_a_tmpfs_are_no_part_of_its_target() -> None:
    written = ["/tmp:size=1m,mode=1777", "/run:size=65536", "/var/tmp:mode=0700,ro", "/srv:"]
    web = {"image": "shop", "tmpfs": written, "networks": {}}
    made = service_spec(composed({"name": "shop", "services": {"web": web}}), "web", replicas=1)
    assert made["TaskTemplate"]["ContainerSpec"]["Mounts"] == [
        {"Type": "tmpfs", "Target": "/tmp", "TmpfsOptions": {"SizeBytes": 2**20, "Mode": 0o1777}},
        {"Type": "tmpfs", "Target": "/run", "TmpfsOptions": {"SizeBytes": 65536}},
        {"Type": "tmpfs", "Target": "/var/tmp", "ReadOnly": True, "TmpfsOptions": {"Mode": 0o700}},
        {"Type": "tmpfs", "Target": "/srv"},
    ]


def test_what_the_engine_adds_makes_no_difference_and_what_a_hand_adds_does() -> None:
    ours = service_spec(SPEC, "web", replicas=1)["TaskTemplate"]
    container = {
        **ours["ContainerSpec"], "Isolation": "default", "Image": "other", "DNSConfig": {}, "Env": ["B=2", "A=1"],
        "Privileges": {"CredentialSpec": None, "SELinuxContext": None},
    }  # fmt: skip
    networks = [{**each, "Target": f"id of {each['Target']}"} for each in reversed(ours["Networks"])]
    theirs = {**ours, "ContainerSpec": container, "Networks": networks, "ForceUpdate": 7, "Runtime": "container"}
    names = {f"id of {each['Target']}": each["Target"] for each in ours["Networks"]}
    assert spec_hash(theirs, names) == spec_hash(ours)
    for changed in ({"Init": True}, {"Env": ["A=1"]}, {"Labels": {"mine": ""}}, {"User": "7"}, {"Mounts": []}):
        assert spec_hash({**ours, "ContainerSpec": {**ours["ContainerSpec"], **changed}}) != spec_hash(ours), changed


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
                    max_leaves=examples(10)))  # fmt: skip
def test_a_hash_is_told_of_anything_an_engine_may_say(value: Any) -> None:
    assert spec_hash({"LogDriver": value}) == spec_hash({"LogDriver": value, "Placement": {}, "Resources": None})


def test_a_service_goes_where_its_volume_is() -> None:
    seen = Volumes("here", {"shop_data": "there"}, {}, {"there": "host2"})
    spec, notes = placed(SPEC, seen)
    assert spec.to_json()["services"]["web"]["deploy"]["placement"]["constraints"] == ["node.id==there"]
    assert notes == ("web stays on host2: its volume shop_data is there",)
    assert placed(SPEC, Volumes("here", {}, {"shop_web": "bound"}, {}))[0] != spec, "where it is bound already"
    own = {"deploy": {"placement": {"constraints": ["node.hostname == db1"]}}}
    written = composed(SPEC.to_json(), services={"web": {**WEB, **own}})
    assert placed(written, seen) == (written, ())
    elsewhere = composed(SPEC.to_json(), volumes={"data": {"name": "shop_data", "driver": "nfs"}})
    assert placed(elsewhere, seen) == (elsewhere, ()), "a driver that goes over nodes"
    labelled = {"ID": "n2", "Spec": {"Labels": {"disk": "fast"}, "Role": "worker"}, "Description": {}}
    nodes = [{"ID": "here", "Spec": {"Role": "manager"}, "Description": {}}, labelled]
    for constraint, node in (("node.labels.disk == fast", "n2"), ("node.role!=worker", "here"), ("node.x==1", "here")):
        own = {"deploy": {"placement": {"constraints": [constraint]}}}
        written = composed(SPEC.to_json(), services={"web": {**WEB, **own}})
        made = placed(written, Volumes("here", {}, {}, {}, nodes))[0].to_json()["services"]["web"]
        assert made["deploy"]["placement"]["constraints"] == [constraint, f"node.id=={node}"]


def test_amounts() -> None:
    assert (nanoseconds("1h1m1.5s"), nanoseconds(None)) == (3661_500_000_000, 0)
    assert (size("512m"), size(1024), size(None)) == (2**29, 1024, 0)
    assert (file_mode("0440"), file_mode(0o400), file_mode(None)) == (0o440, 0o400, 0o444)
