"""A deploy as a process of its own, which tests stop and kill: `python -m deploy.holder STATE`, then a command a line.

`hold WHO`, `check` and `write NUMBER` each answer in one line: `ok …`, or `no` and the error. `churn` writes
records of 1 and 90 kB, and secrets, until it ends; it says `ok` when it begins.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from dockworthy.deploy.store import FileStore
from dockworthy.errors import DockworthyError
from dockworthy.model.release import ReleaseState

from .local_sites import store_here
from .store_suite import release

SECRET = b"correct-horse-battery-staple"
LARGE = 10_000
"""Times: more than a pipe holds."""


async def main(state: Path) -> None:
    async with store_here(state) as store, AsyncExitStack() as stack:
        lock = None
        for line in sys.stdin:
            command, _, argument = line.strip().partition(" ")
            try:
                if command == "hold":
                    lock = await stack.enter_async_context(store.lock(who=argument, doing="deploy"))
                    say(f"ok {lock.epoch}")
                elif command == "check" and lock is not None:
                    await lock.check()
                    say("ok")
                elif command == "write":
                    await store.write(release(int(argument), ReleaseState.KEPT))
                    say("ok")
                elif command == "churn":
                    say("ok")
                    await churn(store)
            except DockworthyError as error:
                say(f"no {error.says}")


async def churn(store: FileStore) -> None:
    number = await store.next_number()
    while True:
        for size, times in ((90_000, LARGE), (1, 1)):
            await store.keep_version("db", SECRET * times, mode=0o400, owner=None)
            await store.write(release(number, ReleaseState.ROLLING_OUT, spec={"x": "y" * size}))
        number += 1


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
