"""A guarded host with people of different roles, a container with their socket, and two projects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from guard.guarded import PLUGIN
from guard.sockets import Reached, start_socket
from guard.tls_parts import papers_for
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host

PEOPLE = "/run/people.sock"
REMOTE = "127.0.0.1:2376"
AUDIT = "/var/log/guard.jsonl"
SECRET = "hunter2-of-the-shop"
POLICY = """
guard:
  roles:
    - {who: "user:opal", role: operator, projects: [shop]}
    - {who: "user:dora", role: deployer, projects: [shop]}
    - {who: "group:lookers", role: viewer}
    - {who: "container:watcher", role: viewer}
    - {who: "certificate:oncall", role: operator, projects: [shop]}
    - {who: "certificate:ci", role: deployer, projects: [shop]}
    - {who: "certificate:robot", role: deployer}
    - {who: "certificate:chief", role: admin}
"""
COMPOSE = """
services:
  web:
    image: %s
    command: ["sh", "-c", "echo web is up; exec sleep 3600"]
    volumes: ["data:/data"]
volumes: {data: {}}
"""


def papers_of(host: OwnHost) -> Path:
    """A folder for each holder of a certificate, and `server`."""
    return host.folder.with_name("guard-papers")


def host_of_people(folder: Path) -> Iterator[OwnHost]:
    """opal operates the shop and dora deploys it, vera may look, nils has no role; from elsewhere come oncall, ci, a
    robot and chief, and an outsider: their certificates are beside the folder."""
    host = start_host(folder)
    papers = papers_for(papers_of(host), "oncall", "ci", "robot", "chief", "outsider")
    try:
        people = (("opal", 7001), ("dora", 7002), ("vera", 7003), ("nils", 7004))
        passwd = "".join(f"{name}:x:{number}:{number}::/tmp/{name}:/bin/sh\n" for name, number in people)
        groups = "".join(f"{name}:x:{number}:\n" for name, number in people) + "lookers:x:7100:vera\n"
        host.run("sh", "-c", "cat >>/etc/passwd", input=passwd.encode())
        host.run("sh", "-c", "cat >>/etc/group", input=groups.encode())
        host.write("/etc/dockworthy.yaml", POLICY)
        host.write("/etc/compose/compose.yaml", COMPOSE % BUSYBOX)
        start_socket(host, PEOPLE, "--socket", PLUGIN, "--people", PEOPLE, "--policy", "/etc/dockworthy.yaml",
                     "--level", "baseline", "--tls", REMOTE, "--tlscacert", str(papers.tlscacert),
                     "--tlscert", str(papers.tlscert), "--tlskey", str(papers.tlskey),
                     "--audit", AUDIT, command="serve")  # fmt: skip
        host.start_engine({"authorization-plugins": ["dockworthy"]})
        host.load_busybox()
        root = Reached(host, PEOPLE)
        label = "com.docker.compose.project"
        root.docker("run", "-d", "--name", "shop", "-e", f"PASSWORD={SECRET}", "--label", f"{label}=shop",
                    BUSYBOX, "sh", "-c", "echo hello; exec sleep 3600")  # fmt: skip
        root.docker("run", "-d", "--name", "bank", "--label", f"{label}=bank", BUSYBOX, "sleep", "3600")
        root.docker("run", "-d", "--name", "watcher", "-v", f"{PEOPLE}:/docker.sock", BUSYBOX, "sleep", "3600")
        root.docker("run", "-d", "--name", "stranger", "-v", f"{PEOPLE}:/docker.sock", BUSYBOX, "sleep", "3600")
        yield host
    finally:
        print(host.read("/var/log/guard")[-3000:])  # shown where a test fails
        host.stop()


__all__ = ["AUDIT", "PEOPLE", "POLICY", "REMOTE", "SECRET", "host_of_people", "papers_of"]
