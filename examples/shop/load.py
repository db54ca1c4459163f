"""Requests for the shop at a steady rate, for as long as a command runs: did anybody notice?

    load.py [--rate N] [--at-most SECONDS] --port N --ca FILE -- COMMAND...

Half of the requests come by ten connections that are kept, half by new ones, all to 127.0.0.1, and never more than a
hundred at a time: a machine that can't keep up gets fewer. They begin a second before the command and end a second
after it. What came of them is one line on standard output; what the command says goes to standard error.

Exit status: the command's; 1 where that was 0 and a request failed.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import ssl
import sys
from collections import Counter

HOST = "shop.localhost"
AT_ONCE = 100
MARGIN = 1.0  # seconds before and after the command
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Load:
    """`answers`: version -> how many; `failures`: what went wrong -> how often; `slowest` in seconds."""

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        self._port, self._tls = port, tls
        self._kept: asyncio.Queue[Connection | None] = asyncio.Queue()
        self._under_way: set[asyncio.Task[None]] = set()
        self.answers: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.slowest = 0.0

    async def send(self, rate: int, ends: asyncio.Event) -> None:
        for _ in range(10):
            self._kept.put_nowait(None)
        clock = asyncio.get_running_loop().time
        begun, number = clock(), 0
        while not ends.is_set():
            while len(self._under_way) >= AT_ONCE:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            number += 1
            task = asyncio.create_task(self._one(kept=number % 2 == 0))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(max(0.0, begun + number / rate - clock()))
        await asyncio.gather(*self._under_way)
        while not self._kept.empty():
            if (connection := self._kept.get_nowait()) is not None:
                connection[1].transport.abort()

    async def _one(self, *, kept: bool) -> None:
        connection = await self._kept.get() if kept else None
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(15):
                status, body, connection = await self._exchange(connection, kept)
            version = re.search(rb"version \d+", body)
            if status == 200 and version:
                self.answers[version[0].decode()] += 1
            else:
                self.failures[f"status {status}"] += 1
        except (OSError, EOFError, TimeoutError) as error:
            self.failures[type(error).__name__] += 1
            connection = None
        self.slowest = max(self.slowest, clock() - begun)
        if kept:
            self._kept.put_nowait(connection)

    async def _exchange(self, connection: Connection | None, kept: bool) -> tuple[int, bytes, Connection | None]:
        reader, writer = connection or await asyncio.open_connection(
            "127.0.0.1", self._port, ssl=self._tls, server_hostname=HOST
        )
        close = "" if kept else "Connection: close\r\n"
        writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n{close}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = re.search(r"^content-length: (\d+)", head, re.MULTILINE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if kept and "\nconnection: close" not in head:
            return int(head.split()[1]), body, (reader, writer)
        writer.transport.abort()
        return int(head.split()[1]), body, None


async def run(port: int, ca: str, rate: int, at_most: float, command: list[str]) -> int:
    load, ends = Load(port, ssl.create_default_context(cafile=ca)), asyncio.Event()
    asyncio.get_running_loop().call_later(at_most, ends.set)
    sending = asyncio.create_task(load.send(rate, ends))
    await asyncio.sleep(MARGIN)
    status = await (await asyncio.create_subprocess_exec(*command, stdout=sys.stderr)).wait()
    await asyncio.sleep(MARGIN)
    ends.set()
    await sending
    failed = sum(load.failures.values())
    by_version = ", ".join(f"{count:,} by {version}" for version, count in sorted(load.answers.items()))
    why = f" ({', '.join(f'{count} {what}' for what, count in load.failures.most_common(3))})" if failed else ""
    total = failed + sum(load.answers.values())
    print(f"{total:,} requests, {failed} failed{why}, the slowest {load.slowest:.2f} s; {by_version or 'no answers'}")
    return status or int(failed > 0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--rate", type=int, default=200, choices=range(1, 1001), metavar="N")
    parser.add_argument("--at-most", type=float, default=180)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    return asyncio.run(run(asked.port, asked.ca, asked.rate, asked.at_most, asked.command))


if __name__ == "__main__":
    sys.exit(main())
