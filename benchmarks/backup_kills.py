"""Kills backups, restores and drills at random moments: what stood still, what was half done, and what stayed behind.

    .venv/bin/python benchmarks/backup_kills.py [--kills 50] [--seed 1]

As root, in a clone. It starts an engine of its own, with a project of a PostgreSQL and a web service that write the
number of the round into both, and removes it afterwards. After each kill the containers must run, database and files
must be of the same round, and the next backup and restore must succeed and leave nothing behind. Exit status 1:
something was not so.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from apart import apart  # noqa: E402

from backup.projects import ROWS, DataProject  # noqa: E402
from deploy.holders import descendants  # noqa: E402
from machines.engines import clean_environment, start_engine  # noqa: E402
from machines.images import make_image  # noqa: E402
from machines.postgres import make_postgres_image  # noqa: E402
from machines.program import DOCKWORTHY  # noqa: E402
from patience import patience  # noqa: E402

_COMMANDS = (("backup", "--yes"), ("restore", "--yes"), ("drill", "restore"))
_LONGEST = {"backup": 6.0, "restore": 8.0, "drill": 12.0}
"""Seconds after the start of a command, within which it is killed."""
_BESIDE = "is still there: "


class Kills:
    """`wrong`: what was not as it must be, in words."""

    def __init__(self, project: DataProject, seed: int) -> None:
        self.project = project
        self.random = random.Random(seed)
        self.wrong: list[str] = []
        self.late = 0
        self.put_aside = 0

    def mark(self, number: int) -> None:
        """The round, in the database and in a file."""
        self.project.sql(f"UPDATE orders SET what = 'round {number}'")
        self.project.in_web(f"echo 'round {number}' >/files/round")

    def rounds(self) -> tuple[str, str]:
        """As both have it now."""
        return self.project.sql("SELECT DISTINCT what FROM orders"), self.project.in_web("cat /files/round")

    def kill(self, number: int) -> None:
        self.mark(number)
        words = self.random.choice(_COMMANDS)
        pause = self.random.uniform(0.0, _LONGEST[words[0]])
        process = subprocess.Popen(
            [*self.project.engine.inside, sys.executable, str(DOCKWORTHY), *words],
            cwd=self.project.shop.folder,
            env=clean_environment(**self.project.shop.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(pause)
        self.late += process.returncode is not None
        alone = self.random.random() < 0.5  # as by a person; or with all that it started, as by a cgroup that ends
        pids = (process.pid,) if alone else (process.pid, *descendants(process.pid))
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        what = f"{number:3} {words[0]} killed after {pause:.1f} s{'' if alone else ' with its children'}"
        found = [*self.after(number)]
        self.wrong += [f"{what}: {each}" for each in found]
        print(f"{what}{': ' + '; '.join(found) if found else ''}", flush=True)

    def after(self, number: int) -> list[str]:
        found = []
        ends = time.monotonic() + patience(60)
        while stands := [each for each in ("db", "web") if self._stands_still(each)]:
            if time.monotonic() > ends:
                return [f"{', '.join(stands)} stands still"]
            time.sleep(0.2)
        database, file = self._settled()
        if database != file:
            found.append(f"the database is of {database}, and the files are of {file}")
        self.mark(number)
        for words in (("backup", "--yes"), ("restore", "--yes")):
            done = self.project.shop.dockworthy(*words, timeout=patience(180))
            said = done.stdout + done.stderr
            self.put_aside += said.count(_BESIDE)
            if done.returncode:
                found.append(f"the next {words[0]} ended with {done.returncode}: {said.strip()[-500:]}")
        if self.rounds() != (f"round {number}", f"round {number}"):
            found.append(f"the next restore brought {self.rounds()}")
        if (rows := self.project.sql("SELECT count(*) FROM orders")) != str(ROWS):
            found.append(f"{rows} rows")
        # What an earlier restore had put aside is named and kept: it is a person's to remove.
        left = [each for each in self.project.leftovers() if "before" not in each]
        return found + [f"{each} is left" for each in left]

    def _settled(self) -> tuple[str, str]:
        """A script of the host that was under way comes to its end first."""
        ends = time.monotonic() + patience(20)
        while True:
            try:
                found = self.rounds()
            except subprocess.CalledProcessError:
                found = ("nothing", "")
            if found[0] == found[1] or time.monotonic() > ends:
                return found
            time.sleep(0.2)

    def _stands_still(self, service: str) -> bool:
        state = self.project.state(service)
        return bool(state["Paused"]) or not state["Running"]


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--kills", type=int, default=50, help="default 50")
    given.add_argument("--seed", type=int, default=1, help="of commands and moments")
    asked = given.parse_args()
    folder = apart()
    engine = start_engine(folder / "engine", own_network=False)
    (folder / "shop").mkdir()
    make_postgres_image(engine)
    project = DataProject(engine, folder / "shop", "backup-kills", make_image(engine))
    try:
        project.up()
        kills = Kills(project, asked.seed)
        kills.mark(0)
        project.dockworthy("backup", "--yes")
        for number in range(1, asked.kills + 1):
            kills.kill(number)
    finally:
        project.down()
        engine.stop()
    print(
        f"{asked.kills} kills ({kills.late} had ended before), {len(kills.wrong)} things wrong; old data was named as"
    )
    print(f"put aside {kills.put_aside} times")
    for each in kills.wrong:
        print(f"  {each}")
    return int(bool(kills.wrong))


if __name__ == "__main__":
    sys.exit(main())
