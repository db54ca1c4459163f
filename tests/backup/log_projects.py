"""A project whose PostgreSQL is set as receiving its log needs it."""

from __future__ import annotations

import time
from typing import Any

from patience import patience

from .projects import DataProject

ACCESS = "host replication dockworthy_log samenet scram-sha-256"
WANTED: dict[str, Any] = {"db": {"postgresql": {"point_in_time": True}}}


def let_receiver_in(project: DataProject) -> None:
    """What the plan says that is to be written."""
    hba = project.sql("SHOW hba_file")
    project.engine.docker("exec", project.container("db"), "sh", "-c", f"echo '{ACCESS}' >>{hba}")
    project.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '256MB'")
    project.sql("SELECT pg_reload_conf()")


def receiver(project: DataProject) -> str:
    """The name of the container that receives, "" for none."""
    label = f"label=dockworthy.receives-log-for={project.shop.state}"
    return project.engine.docker("ps", "-a", "--filter", label, "--format", "{{.Names}}").stdout.decode().strip()


def stop_receiving(project: DataProject) -> None:
    if name := receiver(project):
        project.engine.docker("rm", "--force", "--volumes", name)


def server_time(project: DataProject) -> str:
    """With microseconds, in UTC."""
    return project.sql("""SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""")


def wait_for_next_second(project: DataProject) -> str:
    """A whole second, behind all that was done before; it is over when this returns."""
    began = server_time(project)[:19]
    ends = time.monotonic() + patience(20)
    while (now := server_time(project)[:19]) == began:
        assert time.monotonic() < ends
        time.sleep(0.02)
    return f"{now}Z"
