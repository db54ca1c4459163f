"""Programs of a container by what they are for: those that only start others, shells, supervisors, servers."""

from __future__ import annotations

from typing import Any

from ..model.workload import Process

INIT_SHIMS = frozenset(
    "tini tini-static docker-init dumb-init catatonit pause su-exec gosu setpriv env nice timeout stdbuf wait-for-it"
    " s6-svscan s6-supervise s6-linux-init s6-linux-init-shutdownd s6-ipcserverd s6-log s6-rc rc.init multilog tail tee cat"
    " runsvdir runsv my_init exec chpst".split()
)
"""They start and reap, and do no work of their own."""

SHELLS = frozenset("sh bash dash ash zsh ksh busybox".split())

SUPERVISORS = frozenset("supervisord systemd init openrc-init monit circusd god upstart".split())
"""Made to run several services; systemd and init as the first process are a whole operating system."""

SERVERS = frozenset(
    "nginx httpd apache2 lighttpd caddy haproxy traefik envoy php-fpm uwsgi unicorn puma gunicorn"
    " postgres mysqld mariadbd mongod redis-server valkey-server memcached rabbitmq-server beam.smp etcd influxd"
    " sshd dropbear cron crond dcron rsyslogd syslog-ng syslogd postfix master exim4 dovecot named dnsmasq unbound"
    " ntpd chronyd vsftpd smbd slapd fail2ban-server postgres_exporter node_exporter filebeat promtail fluent-bit".split()
)
"""Services that nobody starts as a helper of another one."""

RUNNING: dict[str, Any] = {"State": {"Status": "running", "Running": True, "Pid": 4242}}
"""For examples: a container whose first process is 4242."""


def process(pid: int, program: str, *, parent: int = 4200) -> dict[str, Any]:
    """For examples: a process of a tight container; 4200 stands for the engine's shim outside."""
    return {
        "pid": pid,
        "program": program,
        "parent": parent,
        "uid": 1000,
        "cap_effective": 0,
        "cap_bounding": 0,
        "seccomp": 2,
        "no_new_privs": True,
    }


def service_programs(processes: tuple[Process, ...], first: int) -> list[Process]:
    """One process for each service: what the first process is, or what an init, a shell or a supervisor there started.

    A program's own helpers (its workers, a tool that it calls) belong to it, unless one is a service in its own right.
    Processes from outside (`docker exec`) are not counted.
    """
    by_pid = {one.pid: one for one in processes}
    head = by_pid.get(first) or (processes[0] if processes else None)
    if head is None:
        return []
    below = [one for one in processes if one.pid != head.pid and _descends(one, head, by_pid)]
    found: dict[str, Process] = {}
    for one in (head, *below):
        if is_starter(one.program):
            continue
        parent = by_pid.get(one.parent)
        helper = parent is not None and not is_starter(parent.program) and parent.program != one.program
        if not helper or one.program in SERVERS:
            found.setdefault(one.program, one)
    return list(found.values())


def is_starter(program: str) -> bool:
    return program in INIT_SHIMS or program in SHELLS or program in SUPERVISORS


def _descends(one: Process, head: Process, by_pid: dict[int, Process]) -> bool:
    """A process that does not say whose child it is counts as one of the container's own."""
    seen = set()
    while one.parent and one.pid not in seen:
        if one.parent == head.pid:
            return True
        seen.add(one.pid)
        above = by_pid.get(one.parent)
        if above is None:
            return False
        one = above
    return True
