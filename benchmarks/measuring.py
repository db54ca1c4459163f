"""What a command costs: wall time, CPU time and peak memory of it and of all that it starts; and what it asks."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds and bytes. `cpu` is user and system time; `output` what it printed; `status` its exit status."""

    wall: float
    cpu: float
    peak: int
    status: int
    output: bytes


# A process starts with the memory of the one that started it, and the kernel counts that into its peak: so a small one
# starts the command, and writes what it used to the file descriptor that it was given.
_LAUNCHER = """
import os, sys, time
started = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
said = (time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, status)
os.write(int(sys.argv[1]), " ".join(map(str, said)).encode())
"""


def measure(command: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None) -> Cost:
    """Runs the command to its end. Its children count as far as it waited for them."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as output:
        subprocess.run(
            [sys.executable, "-S", "-I", "-c", _LAUNCHER, str(writing), *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=dict(env),
            cwd=cwd,
            pass_fds=[writing],
            check=True,
        )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            wall, cpu, peak, status = pipe.read().split()
        output.seek(0)
        return Cost(float(wall), float(cpu), int(peak), os.waitstatus_to_exitcode(int(status)), output.read())


def measure_best(command: Sequence[str], *, env: Mapping[str, str], times: int) -> Cost:
    """The run with the least wall time of several: the rest of the machine only ever adds."""
    return min((measure(command, env=env) for _ in range(times)), key=lambda cost: cost.wall)


def measure_in_turn(commands: Sequence[Sequence[str]], *, env: Mapping[str, str], times: int) -> list[Cost]:
    """Of each command the run with the least CPU time. One after the other, again and again: what else the machine does
    then lengthens the one as much as the other."""
    rounds = [[measure(command, env=env) for command in commands] for _ in range(times)]
    return [min(of_one, key=lambda cost: cost.cpu) for of_one in zip(*rounds, strict=True)]


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a running process has used so far, its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class CountingProxy:
    """Stands before an engine's socket and counts the requests that pass, by method and path."""

    _REQUEST = re.compile(rb"^(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP/1\.[01]\r?$", re.MULTILINE)

    def __init__(self, engine_socket: str, socket: str) -> None:
        self.requests: Counter[str] = Counter()
        self._engine_socket = engine_socket
        self._socket = socket
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> CountingProxy:
        self._thread.start()
        assert self._ready.wait(10), "the counting proxy did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_unix_server(self._connected, self._socket))
        self._ready.set()
        self._loop.run_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self._engine_socket)
        await asyncio.gather(self._pass_on(reader, ours, count=True), self._pass_on(theirs, writer, count=False))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, count: bool) -> None:
        try:
            while data := await reader.read(65536):
                if count:
                    for method, path in self._REQUEST.findall(data):
                        self.requests[f"{method.decode()} {path.decode().split('?')[0]}"] += 1
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.close()
