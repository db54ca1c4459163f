"""What the engine expands: a few bytes of a template, a pattern or a number must not cost it gigabytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from dockworthy.guard.bounds import MOST_TASKS
from dockworthy.guard.floor.expanded import why_not_a_payload, why_not_a_tag, why_not_filters
from dockworthy.guard.judges import judge
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from dockworthy.model.guard_policy import GuardPolicy
from guard.test_bounds import Silent
from guard.test_judging import SHOP, World, ask
from guard.worlds import LOOKED_AT, EmptyWorld
from patience import Effort

NESTED = '{{define "a"}}{{printf "%999999d" 1}}{{end}}' + "".join(
    f'{{{{define "{after}"}}}}{{{{template "{before}"}}}}{{{{template "{before}"}}}}{{{{end}}}}'
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
BAD_TAGS = (
    NESTED,
    '{{define "a"}}x{{end}}{{template "a"}}',
    '{{printf "%999999d" 1}}',
    "{{ printf `%999999d` 1 }}",
    '{{"\\\\" | js | js | js}}',
    "{{range .ContainerEnv}}{{.}}{{end}}",
    "{{- range .ContainerEnv -}}x{{- end -}}",
    "{{.Name}}{{block `a` .}}x{{end}}",
    "{{/* */}}{{printf `%9999999d` 1}}",
    "{{{.Name}}{{.Nothing}}",
    "{{.ContainerEnv}}",
    "{{.Command}}",
    "{{.Name}}" * 17,
    "x" * 600,
    "{{",
    "{{\n.Name | printf `%99999d`}}",
)
GOOD_TAGS = (
    "", "web", "{{.Name}}", "{{ .Name }}", "{{.ImageName}}/{{.Name}}/{{.ID}}", "docker.{{.FullID}}",
    "{{- .Name -}}", "{{- .Name }}", "a{b}c}}",
    '{{index .ContainerLabels "com.docker.compose.service"}}', "{{.DaemonName}}|{{.ImageFullID}}|{{.ImageID}}",
)  # fmt: skip
LISTED = PolicyInForce(guard=GuardPolicy(log_drivers=("syslog",)))


def logs(driver: str, **options: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return {"Type": driver, "Config": named}


async def of_container(config: Mapping[str, Any]) -> str:
    body = {"Image": "x", "HostConfig": {"LogConfig": config}}
    return (await ask("POST /containers/create", body, policy=LISTED)).message()


async def of_service(config: Mapping[str, Any]) -> str:
    driver = {"Name": config["Type"], "Options": config["Config"]}
    body = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": LOOKED_AT}, "LogDriver": driver}}
    created = (await ask("POST /services/create", body, policy=LISTED)).message()
    assert created == (await ask("POST /services/s/update?version=1", body, policy=LISTED)).message()
    return created


@pytest.mark.parametrize("text", BAD_TAGS)
@pytest.mark.parametrize("driver", ["json-file", "", "journald", "syslog"])
async def test_a_tag_that_multiplies(text: str, driver: str) -> None:
    for answer in (await of_container(logs(driver, tag=text)), await of_service(logs(driver, tag=text))):
        assert "guard/log-options" in answer, answer
    old = {**SHOP, "HostConfig": {"LogConfig": logs(driver, tag=text)}}
    started = await ask("POST /containers/old/start", world=World(old=old), policy=LISTED)
    assert "guard/log-options" in started.message(), "made before the guard"


@pytest.mark.parametrize("text", GOOD_TAGS)
async def test_a_tag_of_fields(text: str) -> None:
    for driver in ("json-file", "syslog"):
        assert await of_container(logs(driver, tag=text)) == await of_service(logs(driver, tag=text)) == ""


@pytest.mark.parametrize(
    "options",
    [
        {"env_regex": "(x{1000}){1000}"}, {"labels_regex": r"\pL{1000}"}, {"env_regex": "x" * 1000},
        {"labels_regex": "x{9}" * 9}, {"max_buffer_size": "4g"}, {"max_buffer_size": "999999999999"},
        {"max_buffer_size": "0"}, {"max_buffer_size": "1e9"}, {"max_size": "1"}, {"max_size": "999t"},
        {"max_size": "-2"}, {"max_file": "1000000000"}, {"max_file": "0"}, {"max_file": "-1"}, {"max_file": "٣"},
        {"mode": "fast"}, {"compress": "maybe"}, {"labels": "x" * 5000}, {"env": "x," * 5000},
        {"max_size": "{{.Name}}"},
    ],
)  # fmt: skip
async def test_values_that_cost_the_engine_much(options: dict[str, str]) -> None:
    for answer in (await of_container(logs("json-file", **options)), await of_service(logs("json-file", **options))):
        assert "guard/log-options" in answer, answer


async def test_values_that_people_use() -> None:
    for options in (
        {"max_size": "10m", "max_file": "3"}, {"max_size": "100MB", "max_file": "1", "compress": "true"},
        {"max_size": "-1"}, {"max_size": "1.5g"}, {"max_size": "10 MiB"},
        {"mode": "non-blocking", "max_buffer_size": "4m"}, {"labels": "a,b", "env": "A,B"}, {"tag": ""},
        {"labels_regex": "^(com|org)\\.", "env_regex": "^(os|X_[A-Z]{1,8})"},
    ):  # fmt: skip
        assert await of_container(logs("json-file", **options)) == await of_service(logs("json-file", **options)) == ""
    address = {"syslog_address": "udp://127.0.0.1:514", "max_size": "whatever it means by that"}
    assert await of_container(logs("syslog", **address)) == ""


def service(**run: Any) -> dict[str, Any]:
    return {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": LOOKED_AT, **run}}}


@pytest.mark.parametrize(
    "run",
    [
        {"Env": [f"A={NESTED}"]},
        {"Hostname": '{{printf "%999999d" 1}}'},
        {"Env": ["A=1", '{{printf "%999999d" 1}}=b']},
        {"Env": ["A={{range .Service.Labels}}{{.}}{{end}}"]},
        {"Env": ["A={{.Service.Name}}" for _ in range(65)]},
        {"Env": ["A={{join `x` `y`}}"]},
        {"Env": ["A={{ `x` | js | js }}"]},
    ],
)
async def test_templates_of_a_service_that_multiply(run: dict[str, Any]) -> None:
    assert "guard/templating" in (await ask("POST /services/create", service(**run))).message()
    old = World(service_s={"PreviousSpec": service(**run)})
    assert (
        "guard/templating"
        in (await ask("POST /services/s/update?version=1&rollback=previous", service(), world=old)).message()
    )


async def test_templates_of_a_service_that_people_use() -> None:
    body = service(
        Hostname="{{.Node.Hostname}}-{{ .Task.Slot }}",
        Env=['A={{index .Service.Labels "a b"}}', "B={{.Service.Labels.b}}", "C={{`{{.Value}}`}}", "D={x}}", "E=%999d"],
    )
    decision = await ask("POST /services/create", body)
    assert decision.allowed, decision.message()


async def of_stored(kind: str, payload: str) -> str:
    data = base64.b64encode(payload.encode()).decode()
    body = {"Name": "c", "Data": data, "Templating": {"Name": "golang"}}
    assert (await ask(f"POST /{kind}/create", {**body, "Templating": {}})).allowed, "no template"
    return (await ask(f"POST /{kind}/create", body)).message()


@pytest.mark.parametrize("kind", ["secrets", "configs"])
async def test_payloads_that_are_templates(kind: str) -> None:
    for bad in (
        NESTED, '{{$a := "x"}}{{$b := join "" $a $a}}', "{{range .Service.Labels}}x{{end}}", '{{"x" | js}}',
        '{{printf "%99999d" 1}}', '{{secret "a"}}' * 65,
    ):  # fmt: skip
        assert "guard/templating" in await of_stored(kind, bad), bad
    for good in (
        'a={{ secret "a" }}\nb={{config "b"}}\nc={{env "C"}}\n', "{{ .Service.Name }} {{- /* why */ -}}",
        '{{if eq (env "A") "b"}}x{{else if and .Task.Slot 1}}y{{else}}z{{end}}',
        '{{with index .Service.Labels "a"}}{{.}}{{end}}',
        "no template", "{{/* why */}}",
    ):  # fmt: skip
        assert await of_stored(kind, good) == "", good


def test_a_long_text_is_looked_at_in_a_moment() -> None:
    with Effort() as effort:
        for part in ("{{.a", "{{(", '{{"', "{{.a.b.c", "{{ " + ". " * 50, "{{if", "{{/*"):
            for check in (why_not_a_payload, why_not_a_tag, why_not_filters):
                check(part * (500_000 // len(part)))
    assert effort.seconds < 5.0


@pytest.mark.parametrize(
    "line",
    ["GET /containers/json?all=1&", "POST /containers/prune?", "GET /volumes?", "GET /events?since=1&", "GET /tasks?"],
)
async def test_filters_are_patterns(line: str) -> None:
    async def of(filters: str) -> str:
        method, _, target = line.partition(" ")
        headers = {"content-length": "0"}
        asked = GuardRequest(method=method, target=f"{target}filters={quote(filters)}", headers=headers)
        return (await judge(asked, EmptyWorld(), PolicyInForce())).message()

    for bad in (r"(x{1000}){1000}", "x{1000}", "x{10,1000}", "x{9}" * 9, "x" * 20_000):
        assert "guard/size" in await of(json.dumps({"name": [bad]})), bad
    assert "guard/size" in await of('{"name": ["x\\u007b1000\\u007d"]}')
    for good in ("^web[0-9]{1,2}$", "web", 'x={"a": 1000}'):
        assert await of(json.dumps({"name": {good: True}})) == ""


async def test_a_service_has_so_many_tasks_at_most() -> None:
    for mode in (
        {"Replicated": {"Replicas": 10**9}},
        {"ReplicatedJob": {"TotalCompletions": MOST_TASKS + 1}},
        {"ReplicatedJob": {"MaxConcurrent": MOST_TASKS + 1, "TotalCompletions": 1}},
    ):
        for line in ("POST /services/create", "POST /services/s/update?version=1"):
            decision = await ask(line, {**service(), "Mode": mode}, world=Silent())
            assert [refusal.rule for refusal in decision.refusals] == ["guard/size"], decision.message()
        old = World(service_s={"PreviousSpec": {**service(), "Mode": mode}})
        rolled = await ask("POST /services/s/update?version=1&rollback=previous", service(), world=old)
        assert "guard/size" in rolled.message()
    decision = await ask("POST /services/create", {**service(), "Mode": {"Replicated": {"Replicas": MOST_TASKS}}})
    assert decision.allowed, decision.message()


@pytest.mark.parametrize(
    "kind",
    ["BlkioWeightDevice", *(f"BlkioDevice{what}" for what in ("ReadBps", "WriteBps", "ReadIOps", "WriteIOps"))],
)  # fmt: skip
async def test_limits_of_devices_tell_of_no_files(kind: str) -> None:
    async def of(path: str) -> str:
        body = {"Image": "x", "HostConfig": {kind: [{"Path": path, "Rate": 1}]}}
        if kind == "BlkioWeightDevice":
            body["HostConfig"][kind] = [{"Path": path, "Weight": 10}]  # type: ignore[index]
        listed = PolicyInForce(guard=GuardPolicy(devices=("/dev/own",)))
        return (await ask("POST /containers/create", body, policy=listed)).message()

    for bad in ("/root/.ssh/id_ed25519", "/dev/../etc/shadow", "/dev/shm/x", "", "/dev", "dev/sda", "/dev/sda/..",
                "/dev/sda\n"):  # fmt: skip
        assert "guard/devices" in await of(bad), bad
    for good in ("/dev/sda", "/dev/sdb1", "/dev/vda", "/dev/xvda1", "/dev/nvme0n1p2", "/dev/dm-0", "/dev/md127",
                 "/dev/mapper/vg-root", "/dev/disk/by-uuid/1-2", "/dev/own"):  # fmt: skip
        assert await of(good) == "", good


async def test_who_is_never_killed_has_a_limit() -> None:
    async def create(**host: Any) -> str:
        return (await ask("POST /containers/create", {"Image": "x", "HostConfig": host})).message()

    async def update(body: dict[str, Any], **host: Any) -> str:
        old = {**SHOP, "HostConfig": host}
        return (await ask("POST /containers/shop/update", body, world=World(shop=old))).message()

    assert "guard/oom-kill" in await create(OomKillDisable=True)
    assert "guard/oom-kill" in await create(OomKillDisable=True, Memory=0)
    assert "guard/oom-kill" in await create(OomKillDisable=True, Memory=-1)
    assert await create(OomKillDisable=True, Memory=1 << 26) == await create(OomKillDisable=False) == ""
    assert "guard/oom-kill" in await update({"OomKillDisable": True})
    assert "guard/oom-kill" in await update({"OomKillDisable": True, "Memory": -1}, Memory=1 << 26)
    assert "guard/oom-kill" in await update({"Memory": -1}, Memory=1 << 26, OomKillDisable=True)
    assert await update({"OomKillDisable": True}, Memory=1 << 26) == ""
    assert await update({"OomKillDisable": True, "Memory": 1 << 26}) == await update({"Memory": 1 << 26}) == ""
