"""What other tools leave on a host: processes, connections, forwarded logs, records of a set-up and of a restore."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from dockworthy.facts.evidence.connections import read_connections
from dockworthy.facts.evidence.forwarding import read_forwarding
from dockworthy.facts.evidence.programs import read_running
from dockworthy.facts.evidence.releases import read_drills
from dockworthy.facts.evidence.set_up import read_set_up
from dockworthy.facts.host.root import Root
from dockworthy.model.evidence import RunningTool, ToolTask
from dockworthy.model.knowledge.tools import TOOLS, tool_of_container
from facts.host.host_trees import NET_HEADER, Tree

ID = "a" * 64


def test_programs_are_told_by_their_executable(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.process(10, "/usr/bin/prometheus-node-exporter")
    tree.process(11, "/usr/bin/python3", "vector")
    tree.process(12, "/usr/bin/vector (deleted)")
    found = {tool.program: (tool.tool, tool.pid) for tool in read_running(Root(tmp_path))}
    assert found == {"prometheus-node-exporter": ("node exporter", 10), "vector": ("Vector", 12)}


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        (f"0::/system.slice/docker-{ID}.scope", []),
        (f"4:cpu:/docker/{ID}", []),
        ("0::/machine.slice/libpod-x.scope", []),
        ("0::/system.slice/vector.service", ["vector"]),
    ],
)
def test_a_containers_process_is_not_the_hosts(cgroup: str, expected: list[str], tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.process(10, "/usr/bin/vector")
    tree.write("/proc/10/cgroup", f"{cgroup}\n")
    assert [tool.program for tool in read_running(Root(tmp_path))] == expected


@pytest.mark.parametrize(
    ("image", "programs", "expected"),
    [
        ("prom/prometheus:v3", {"prometheus"}, "Prometheus"),
        ("registry.example.com/metrics:1", {"prometheus"}, "Prometheus"),
        ("prom/prometheus:v3", {"nginx"}, "nginx"),
        ("prom/prometheus:v3", {"sleep"}, ""),
        ("prom/prometheus:v3", None, "Prometheus"),
        ("offen/docker-volume-backup:v2", {"backup"}, "offen/docker-volume-backup"),
        ("shop:1", {"backup"}, ""),
        ("gcr.io/datadoghq/agent:7", {"agent"}, ""),
        ("portainer/agent:2.30", {"agent"}, "Portainer agent"),
        ("datadog/agent:7", None, "Datadog agent"),
        ("my-prometheus-like:1", None, ""),
        ("", None, ""),
    ],
)
def test_an_images_name_alone_is_a_hint_only(image: str, programs: set[str] | None, expected: str) -> None:
    told = tool_of_container(image, None if programs is None else frozenset(programs))
    assert (told[0].name if told else "") == expected


def test_no_two_tools_have_one_program() -> None:
    programs = [program for tool in TOOLS for program in tool.programs]
    assert len(programs) == len(set(programs))


def row(local: str, remote: str, state: str, inode: int) -> str:
    return f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 x\n"


def test_connections_that_were_made_and_not_taken(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.process(10, "/usr/bin/vector", sockets=(900, 901, 902))
    rows = (
        row("00000000:23C3", "00000000:0000", "0A", 901)  # it listens on 9155
        + row("0A0200C0:23C3", "0B0200C0:D903", "01", 902)  # and somebody has come
        + row("0A0200C0:D904", "090200C0:1972", "01", 900)  # it went to 192.0.2.9:6514
        + row("0100007F:D905", "0100007F:1972", "01", 900)  # and to itself
        + row("0A0200C0:D906", "080200C0:01BB", "01", 999)  # another program's
    )
    tree.write("/proc/10/net/tcp", NET_HEADER + rows)
    tool = RunningTool("Vector", (ToolTask.LOGS,), "vector", 10)
    found = read_connections(Root(tmp_path), [tool], [])
    assert [(one.who, one.to) for one in found] == [("vector", "192.0.2.9:6514")]


def test_ipv6_and_mapped_addresses(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.process(10, "/usr/bin/vector", sockets=(900,))
    local = "B80D0120000000000000000001000000:D904"
    rows = row(local, "B80D0120000000000000000002000000:1972", "01", 900)
    rows += row(local, "0000000000000000FFFF0000090200C0:1972", "01", 900)
    tree.write("/proc/10/net/tcp6", NET_HEADER + rows)
    found = read_connections(Root(tmp_path), [RunningTool("Vector", (ToolTask.LOGS,), "vector", 10)], [])
    assert [one.to for one in found] == ["[2001:db8::2]:6514", "192.0.2.9:6514"]


def test_a_real_connection_to_loopback_is_nowhere() -> None:
    tool = RunningTool("this test", (ToolTask.LOGS,), "python", os.getpid())
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert read_connections(Root(Path("/")), [tool], []) == ()


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("*.* @@logs.example.com:6514", "logs.example.com:6514"),
        ("*.info;mail.none  @192.0.2.9", "192.0.2.9:514"),
        ("*.* @@(o)[2001:db8::9]:514;RSYSLOG_SyslogProtocol23Format", "[2001:db8::9]:514"),
        ('action(type="omfwd" target="logs.example.com" port="6514" protocol="tcp")', "logs.example.com"),
        ('*.* action(type="omrelp" target="192.0.2.9" port="20514")', "192.0.2.9"),
        ("# *.* @@logs.example.com", ""),
        ("*.* @127.0.0.1", ""),
        ("*.* /var/log/syslog", ""),
        ("mail.* -/var/log/mail@host.log", ""),
    ],
)
def test_where_rsyslog_sends_to(line: str, to: str, tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("/etc/rsyslog.d/away.conf", f"# first\n{line}\n")
    assert read_forwarding(Root(tmp_path)) == (), "it does not run"
    tree.process(10, "/usr/sbin/rsyslogd")
    found = [(one.to, str(one.source), one.container_files) for one in read_forwarding(Root(tmp_path))]
    assert found == ([(to, "/etc/rsyslog.d/away.conf:2", False)] if to else [])


def test_rsyslog_that_reads_the_containers_files(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.process(10, "/usr/sbin/rsyslogd")
    text = 'input(type="imfile" File="/var/lib/docker/containers/*/*.log" Tag="docker")\n*.* @@logs.example.com\n'
    tree.write("/etc/rsyslog.d/away.conf", text)
    assert [one.container_files for one in read_forwarding(Root(tmp_path))] == [True]


def test_syslog_ng_and_the_journals_uploader(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.process(10, "/usr/sbin/syslog-ng")
    tree.process(11, "/usr/lib/systemd/systemd-journal-upload")
    tree.write(
        "/etc/syslog-ng/conf.d/x.conf",
        'source s_net { network("0.0.0.0"); };\ndestination d { network("192.0.2.9"); };\n',
    )
    tree.write("/etc/systemd/journal-upload.conf", "[Upload]\nURL=https://u:Secret@logs.example.com:19532\n")
    assert [(one.tool, one.to) for one in read_forwarding(Root(tmp_path))] == [
        ("syslog-ng", "192.0.2.9"),
        ("systemd-journal-upload", "https://u:***@logs.example.com:19532"),
    ]


def test_what_set_the_host_up(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    resources = "resources:\n  failed: 2\n  failed_to_restart: 0\n"
    summary = f"version:\n  config: 7\n{resources}events:\n  failure: 1\ntime:\n  last_run: 1763920800\n"
    tree.write("/opt/puppetlabs/puppet/public/last_run_summary.yaml", summary)
    tree.write("/run/cloud-init/result.json", json.dumps({"v1": {"datasource": "x", "errors": ["a"]}}))
    tree.write("/home/ann/.ansible/tmp/x")
    tree.write("/etc/NIXOS")
    found = {one.tool: (one.failures, one.last_run) for one in read_set_up(Root(tmp_path))}
    assert found["Puppet"] == (3, "2025-11-23T18:00:00Z")
    assert found["cloud-init"][0] == 1
    assert {"Ansible", "NixOS"} <= set(found)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"v1": 7}', '{"v1": {"errors": {}}}'])
def test_odd_records_of_a_set_up(text: str, tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("/run/cloud-init/result.json", text)
    assert all(one.failures == -1 for one in read_set_up(Root(tmp_path)))


@pytest.mark.parametrize(
    ("end", "passed"), [("completed successfully (2345ms)", True), ("aborted with exception [083]", False)]
)
def test_a_restore_that_pgbackrests_log_tells_of(end: str, passed: bool, tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    start = "2026-11-20 03:00:00.000 P00   INFO: restore command begin 2.54: --stanza=main\n"
    tree.write(
        "/var/log/pgbackrest/main-restore.log",
        f"{start}2026-11-20 03:00:03.000 P00   INFO: restore command end: {end}\n",
    )
    tree.write("/var/log/pgbackrest/main-backup.log", f"x restore command end: {end}\n")
    (drill,) = read_drills(Root(tmp_path))
    assert (drill.demand, drill.does, drill.passed) == ("3.db-backup", ToolTask.RESTORE, passed)
    assert drill.source.line == 2


def test_a_restore_that_only_began_is_none(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("/var/log/pgbackrest/main-restore.log", "P00   INFO: restore command begin 2.54\n")
    assert read_drills(Root(tmp_path)) == ()


def test_a_log_service_in_a_container_forwards_nothing_of_the_host(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("/etc/rsyslog.d/away.conf", "*.* @@logs.example.com\n")
    tree.process(10, "/usr/sbin/rsyslogd")
    tree.write("/proc/10/cgroup", f"0::/system.slice/docker-{'a1' * 32}.scope")
    assert read_forwarding(Root(tmp_path)) == ()
