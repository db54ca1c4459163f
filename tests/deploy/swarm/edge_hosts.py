"""Three managers of a swarm that may each have the edge, a client of theirs, and a desk where dockworthy is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import yaml

from deploy.edge.shop_app import COMMAND, IMAGE, make_app_image
from deploy.edge.test_external_proxy import HEALTH
from hosts.conftest import until
from machines.own_host import OwnHost, start_host
from machines.program import run_dockworthy
from machines.ssh_servers import Clients, SshServer, start_ssh_server
from machines.switch import Switch
from patience import patience, within

NAMES = ("m1", "m2", "m3")
EDGE = "dockworthy-edge-proxy-1"
_ASK = """
import http.client, socket, ssl, sys
address, name, trusted = sys.argv[1:]
tls = ssl.create_default_context(cafile=trusted)
plain = socket.create_connection((address, 443), timeout=10)
asked = http.client.HTTPConnection(name)
asked.sock = tls.wrap_socket(plain, server_hostname=name)
asked.request("GET", "/")
answer = asked.getresponse()
print(answer.status, answer.read().decode())
"""


class EdgeHosts:
    def __init__(self, folder: Path, project: Path) -> None:
        self.folder, self.project = folder, project
        self.switch = Switch()
        self.clients = Clients(folder / "clients")
        self.servers: list[SshServer] = []
        self.hosts: dict[str, OwnHost] = {}
        self.addresses: dict[str, str] = {}

    def start(self) -> None:
        self.desk = start_host(self.folder / "desk")
        self.switch.plug(self.desk.process.pid, 9)
        for number, name in enumerate(NAMES, 1):
            self.hosts[name] = host = start_host(self.folder / name)
            host.start_engine({})
            self.addresses[name] = self.switch.plug(host.process.pid, number)
            self._listen(name)
            if number == 1:
                host.docker("swarm", "init", "--advertise-addr", self.addresses[name])
                token = host.docker("swarm", "join-token", "-q", "manager").stdout.decode().strip()
            else:
                join = ("swarm", "join", "--advertise-addr", self.addresses[name], "--token", token)
                host.docker(*join, f"{self.addresses['m1']}:2377")
            self.hosts["m1"].docker("node", "update", "--label-add", f"dockworthy.host={name}", self.node(name))
        first = self.hosts["m1"]
        make_app_image(At(first))  # type: ignore[arg-type]
        image = first.docker("save", IMAGE).stdout
        for name in NAMES[1:]:  # the same one: it has another id where it is recreated
            self.hosts[name].run("docker", "load", input=image)

    def _listen(self, name: str) -> None:
        host = self.hosts[name]
        host.run("mkdir", "-p", "/run/sshd")
        server = start_ssh_server(name, self.clients, inside=host.inside, listens_at=self.addresses[name])
        server.name = name
        self.clients.know(server)
        self.servers.append(server)

    def node(self, name: str) -> str:
        return self.hosts[name].docker("info", "-f", "{{.Swarm.NodeID}}").stdout.decode().strip()

    def until_all_are_up(self, at: str) -> None:
        """As that manager sees them."""
        ask = ("node", "ls", "--format", "{{.Status}} {{.ManagerStatus}}")
        good = ("Ready Leader", "Ready Reachable")
        until(
            lambda: (
                [line in good for line in self.hosts[at].docker(*ask, check=False).stdout.decode().splitlines()]
                == [True] * len(NAMES)
            ),
            "all managers are back",
        )

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        for host in (*self.hosts.values(), self.desk):
            host.stop()
        self.switch.stop()

    def dockworthy(self, *words: str, folder: Path | None = None) -> CompletedProcess[str]:
        """At the desk."""
        where = ("env", "-C", str(folder or self.project))
        path = f"{self.clients.programs}:{os.environ['PATH']}"
        env = {"PATH": path, "DOCKWORTHY_STATE": str(self.folder / "desk-state")}
        return run_dockworthy(*words, inside=(*self.desk.inside, *where), env=env, timeout=300)

    def deploy(
        self,
        at: str,
        project: str = "shop",
        *,
        status: int = 0,
        say: str = "v1",
        also: str = "",
        target: str = "swarm",
        on: str = "m3",
        **edge: Any,
    ) -> str:
        """What it said, in one line. `also`: another name that leads to it; `on`: where its containers run;
        `edge`: more of `deploy.edge`."""
        folder = self.project / project
        folder.mkdir(exist_ok=True)
        web = {
            "image": IMAGE,
            "command": list(COMMAND),
            "environment": {"NAME": say},
            "healthcheck": HEALTH,  # a swarm ends the old ones as soon as new ones are healthy
            "stop_grace_period": "1s",
            "deploy": {"replicas": 2, "placement": {"constraints": [f"node.labels.dockworthy.host=={on}"]}},
        }
        (folder / "compose.yaml").write_text(yaml.safe_dump({"name": project, "services": {"web": web}}))
        route: dict[str, Any] = {"host": f"{project}.example.com", "service": "web", "port": 8000, "health": "/health"}
        route |= {"redirect_from": [also]} if also else {}
        settings = {
            "target": target, "observe": "0s", "healthy_within": within(60),
            "edge": {"tls": "internal", **edge}, "routes": [{**route, "timeout": "2s"}],
        }  # fmt: skip
        hosts = {name: f"ssh://root@{name}" for name in NAMES}
        wanted = {"policy": {"level": "baseline"}, "deploy": settings, "hosts": hosts}
        (folder / "dockworthy.yaml").write_text(yaml.safe_dump(wanted))
        done = self.dockworthy("deploy", "--yes", "--host", at, folder=folder)
        assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
        return " ".join((done.stdout + done.stderr).split())

    def status(self, at: str) -> dict[str, Any]:
        """Of the edge, and those of the other hosts."""
        done = self.dockworthy("edge", "status", "--host", at, "--format", "json", folder=self.project / "shop")
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def older_keepalived(self, at: str) -> str:
        """As if the distribution had had another package: it runs with the same in another image. Its id."""
        host, file = self.hosts[at], "/var/lib/dockworthy/edge/address.json"
        written = host.read(file)
        (now,) = {each["image"] for each in json.loads(written)["services"].values()}
        tag = host.docker("image", "inspect", "--format", "{{index .RepoTags 0}}", now).stdout
        build = ("build", "--quiet", "--label", "age=older", "-")
        older = host.run("docker", *build, input=b"FROM " + tag).stdout.decode().strip()
        host.run("tee", file, input=written.replace(now, older).encode())
        host.run("docker-compose", "--file", file, "up", "--detach")
        return older

    def trusted(self, at: str) -> Path:
        """The file by which a client of the edge there trusts it, as it was handed out."""
        file = self.folder / f"trusted-by-{at}.pem"
        file.write_text(self.hosts[at].read("/var/lib/dockworthy/edge/authority/ca.pem"))
        return file

    def answer(self, address: str, name: str, trusted: Path) -> str:
        """What a client at the desk is told, or the last line of why not."""
        command = [*self.desk.inside, sys.executable, "-c", _ASK, address, name, str(trusted)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience(60))
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]

    def secrets(self, at: str) -> list[dict[str, Any]]:
        """The edge's, as a manager tells of them."""
        ids = self.hosts[at].docker("secret", "ls", "-q", "--filter", "label=dockworthy.kind=edge").stdout.decode()
        found: list[dict[str, Any]] = json.loads(self.hosts[at].docker("secret", "inspect", *ids.split()).stdout)
        return found


class At:
    """A host, where an image is made."""

    def __init__(self, host: OwnHost) -> None:
        self._host = host

    def docker(self, *words: str, check: bool = True, input: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return self._host.run("docker", *words, check=check, input=input)
