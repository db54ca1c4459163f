"""Numbers that no host has: one that answers so is told from the others, and ends no run for all of them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from dockworthy.engine.ssh.shell import RemoteShell
from dockworthy.facts.evidence.asking import HttpReply as Told
from dockworthy.facts.evidence.endpoints import Endpoint
from dockworthy.facts.evidence.monitoring import _of_metrics
from dockworthy.facts.remote.files import Hello
from dockworthy.facts.remote.replies import _of_stat, stat_of_ls
from dockworthy.facts.remote.sweep import sockets_in

LONG = b"9" * 5000


@pytest.mark.parametrize("status", ["²", "9" * 5000, "-1", ""])
def test_a_status_of_a_reply(status: str) -> None:
    shell = RemoteShell(cast(asyncio.subprocess.Process, None))
    shell._buffer += b"x\n" + shell._mark + f" content {status} words\n".encode()
    (reply,) = shell._framed()
    assert reply.status == 1 and reply.content == b"x"


def test_numbers_of_files_and_sockets() -> None:
    assert _of_stat(b"81a4 " + LONG + b" 0 0 0 0 0 /x") is None
    assert stat_of_ls(b"-rw-r--r-- 1 " + LONG + b" 0 0 Jan  1 00:00 /x") is None
    assert sockets_in(b"/proc/" + LONG + b"/fd:\nlr-x 1 0 0 64 Jan 1 0 -> socket:[" + LONG + b"]") == {}
    assert Hello.parse(b"uid=" + LONG + b"\ntime=" + LONG).uid == -1


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e999"])
def test_metrics_that_are_no_number(number: str) -> None:
    body = f'promhttp_metric_handler_requests_total{{code="200"}} {number}\nprocess_start_time_seconds {number}\n'
    answer: Any = _of_metrics(Endpoint("127.0.0.1", 9100, "container/x", "", 1), Told(body=body))
    assert answer.scrapes == -1 and answer.uptime < 1
