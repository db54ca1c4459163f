"""What those who see no secrets are shown of an engine's answers: no secret, wherever it stands, and all the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dockworthy.guard.routes.table import ROUTES
from dockworthy.guard.socket.redaction import HIDING, without_secrets

SECRET = "hunter2-of-the-shop"
ANSWERS: dict[str, tuple[Any, Any]] = {
    "environment": ({"Env": [f"A={SECRET}=x", "B"]}, {"Env": ["A=***", "B"]}),
    "config": ({"Spec": {"Name": "c", "Data": SECRET}}, {"Spec": {"Name": "c", "Data": ""}}),
    "storage": ({"GraphDriver": {"Data": {"UpperDir": "/x"}}}, {"GraphDriver": {"Data": {"UpperDir": "/x"}}}),
    "labels": ({"Labels": {"Env": "x", "Options": "y", "CreatedBy": "ENV A=b"}}, None),
    "log options of a container": (
        {"LogConfig": {"Type": "splunk", "Config": {"splunk-token": SECRET, "max-size": "1m", "tag": "{{.Name}}"}}},
        {"LogConfig": {"Type": "splunk", "Config": {"splunk-token": "***", "max-size": "1m", "tag": "{{.Name}}"}}},
    ),
    "log options of a service": (
        {"TaskTemplate": {"LogDriver": {"Name": "gelf", "Options": {"gelf-address": SECRET, "max-file": "3"}}}},
        {"TaskTemplate": {"LogDriver": {"Name": "gelf", "Options": {"gelf-address": "***", "max-file": "3"}}}},
    ),
    "log options of all tasks": (
        {"Swarm": {"Cluster": {"Spec": {"TaskDefaults": {"LogDriver": {"Name": "x", "Options": {"t": SECRET}}}}}}},
        {"Swarm": {"Cluster": {"Spec": {"TaskDefaults": {"LogDriver": {"Name": "x", "Options": {"t": "***"}}}}}}},
    ),
    "no log options": ({"LogConfig": {"Type": "", "Config": None}}, None),
    "plugin": (
        {"Name": "p", "Settings": {"Args": [SECRET], "Env": [f"T={SECRET}"], "Mounts": [], "Devices": []},
         "Config": {"Args": {"Name": "args", "Settable": ["value"], "Value": [SECRET, "x"]},
                    "Env": [{"Name": "T", "Settable": ["value"], "Value": SECRET}, {"Name": "U", "Value": None}]}},
        {"Name": "p", "Settings": {"Args": ["***"], "Env": ["T=***"], "Mounts": [], "Devices": []},
         "Config": {"Args": {"Name": "args", "Settable": ["value"], "Value": ["***", "***"]},
                    "Env": [{"Name": "T", "Settable": ["value"], "Value": "***"}, {"Name": "U", "Value": None}]}},
    ),
    "command lines": ({"Path": "sh", "Args": ["-c", "x"], "Config": {"Cmd": ["sh", "ENV A=b"]}}, None),
    "command of a service": ({"ContainerSpec": {"Args": ["--x=y"], "Command": ["z"]}}, None),
    "step of a build": (
        {"Path": "|2", "Args": [f"T={SECRET}", "U=a b", "/bin/sh", "-c", "make"],
         "Config": {"Cmd": ["|2", f"T={SECRET}", "U=a b", "/bin/sh", "-c", "make"]}},
        {"Path": "|2", "Args": ["T=***", "U=***", "/bin/sh", "-c", "make"],
         "Config": {"Cmd": ["|2", "T=***", "U=***", "/bin/sh", "-c", "make"]}},
    ),
    "image of the classic builder": (
        {"ContainerConfig": {"Cmd": ["/bin/sh", "-c", "#(nop) ", f"ENV A={SECRET} B={SECRET}"]},
         "Config": {"OnBuild": [f"ENV A={SECRET}", f"ARG T={SECRET}", "RUN make"]}},
        {"ContainerConfig": {"Cmd": ["/bin/sh", "-c", "#(nop) ", "ENV A=***"]},
         "Config": {"OnBuild": ["ENV A=***", "ARG T=***", "RUN make"]}},
    ),
    "volume": (
        {"Volumes": [{"Name": "v", "Mountpoint": "/m", "Options": {"o": SECRET}, "Status": {"url": SECRET}}]},
        {"Volumes": [{"Name": "v", "Mountpoint": "/m", "Options": {"o": "***"}, "Status": {"url": "***"}}]},
    ),
    "volume of a mount": (
        {"VolumeOptions": {"Labels": {"a": "b"}, "DriverConfig": {"Name": "x", "Options": {"o": SECRET}}}},
        {"VolumeOptions": {"Labels": {"a": "b"}, "DriverConfig": {"Name": "x", "Options": {"o": "***"}}}},
    ),
    "network of the engine's": (
        {"Driver": "bridge", "IPAM": {"Driver": "default", "Options": None}, "Options": {"parent": "eth0"}}, None
    ),
    "network of a plugin": (
        {"Driver": "weave", "IPAM": {"Driver": "x", "Options": {"k": SECRET}}, "Options": {"k": SECRET}},
        {"Driver": "weave", "IPAM": {"Driver": "x", "Options": {"k": "***"}}, "Options": {"k": "***"}},
    ),
    "endpoint": ({"DriverOpts": {"k": SECRET}, "Gateway": ""}, {"DriverOpts": {"k": "***"}, "Gateway": ""}),
    "driver of a secret": (
        {"Spec": {"Name": "s", "Driver": {"Name": "vault", "Options": {"token": SECRET}}}},
        {"Spec": {"Name": "s", "Driver": {"Name": "vault", "Options": {"token": "***"}}}},
    ),
}  # fmt: skip
HISTORY = {
    f"ENV A={SECRET}": "ENV A=***",
    f"ENV A={SECRET} with spaces B={SECRET}": "ENV A=***",
    f"ENV A {SECRET}": "ENV A ***",
    f"ARG TOKEN={SECRET}": "ARG TOKEN=***",
    "ARG TOKEN": "ARG TOKEN",
    f"ARG A B={SECRET}": "ARG A ***",
    f"/bin/sh -c #(nop)  ENV A={SECRET}": "/bin/sh -c #(nop)  ENV A=***",
    f"/bin/bash -o pipefail -c #(nop) ARG A={SECRET}": "/bin/bash -o pipefail -c #(nop) ARG A=***",
    f"/bin/sh -c #(nop)  ONBUILD ENV A={SECRET}": "/bin/sh -c #(nop)  ONBUILD ENV A=***",
    f"ONBUILD ARG A={SECRET}": "ONBUILD ARG A=***",
    f"ENV A=x\n{SECRET}": "ENV A=***",
    f"|1 TOKEN={SECRET} /bin/sh -c make": "|1 *** /bin/sh -c make",
    f"RUN |2 A={SECRET} B=a {SECRET} /bin/sh -c make # buildkit": "RUN |2 *** /bin/sh -c make # buildkit",
    f"RUN |1 A={SECRET} /bin/bash -c make # buildkit": "RUN |1 ***",
    f"ADD https://user:{SECRET}@example.com/x /x": "ADD https://***@example.com/x /x",
    "LABEL a=b": "LABEL a=b",
    "COPY env /env # buildkit": "COPY env /env # buildkit",
    "RUN /bin/sh -c make ENV=x": "RUN /bin/sh -c make ENV=x",
    'CMD ["sh"]': 'CMD ["sh"]',
    "": "",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_secret_goes_and_the_rest_stays(name: str) -> None:
    answer, shown = ANSWERS[name]
    for wrapped in (answer, [answer], {"deep": [{"in": answer}]}, {"PreviousSpec": answer}):
        said = without_secrets(json.dumps(wrapped).encode())
        assert SECRET.encode() not in said
        expected = json.dumps(wrapped).replace(json.dumps(answer), json.dumps(answer if shown is None else shown))
        assert json.loads(said) == json.loads(expected)


@pytest.mark.parametrize("line", HISTORY)
def test_the_history_of_an_image_shows_no_values(line: str) -> None:
    layer = {"Id": "<missing>", "Created": 1, "CreatedBy": line, "Tags": None, "Size": 0, "Comment": "x"}
    assert json.loads(without_secrets(json.dumps([layer]).encode())) == [{**layer, "CreatedBy": HISTORY[line]}]


@pytest.mark.parametrize("odd", [{"Env": {"A": "b"}}, {"Options": None}, {"Args": [1]}, {"Cmd": "x"}, {"Settings": 1},
                                 {"CreatedBy": None}, {"OnBuild": None}, {"LogConfig": None}, {"Cmd": []}])  # fmt: skip
def test_what_no_engine_says_is_passed_on(odd: Any) -> None:
    assert json.loads(without_secrets(json.dumps(odd).encode())) == odd


def test_every_answer_that_is_looked_through_is_one_of_a_route() -> None:
    assert HIDING <= {route.line for route in ROUTES}
