"""What a backup, a restore and a drill take, beside pg_dump, restic and psql called by hand on the same database.

    .venv/bin/python benchmarks/backup.py [--megabytes 790] [--rounds 3]

As root, in a clone. It starts an engine of its own, with a project of a PostgreSQL and a web service, fills the
database with rows that do not compress to nothing, and saves it in turn with the peer, each into a repository of its
own on the same disk, which was made before and has the images already. Each round has other rows. Meanwhile a client
asks the database for single rows: its p95 is printed before and during.

By hand it is restored as the page of `backup kit` says, while the web service is stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from apart import apart  # noqa: E402

from backup.projects import DataProject, commands_of  # noqa: E402
from machines.engines import OwnEngine, clean_environment, start_engine  # noqa: E402
from machines.images import make_image  # noqa: E402
from machines.postgres import make_postgres_image  # noqa: E402

_ROW = 1000
"""Bytes of a row: hexadecimal digits of hashes, which compress to a half."""
_GOALS = {"backup": 1.1, "restore": 1.0, "drill": 15.0, "again": 1_000_000}


class Client:
    """Asks for one row after the other by a psql that stays open. `waits`: seconds of each answer."""

    def __init__(self, project: DataProject, rows: int) -> None:
        self._rows = rows
        words = [*project.engine.inside, "docker", "--host", project.engine.endpoint, "exec", "-i"]
        words += [project.container("db"), "psql", "-XqAt", "-U", "postgres", "-d", "shop"]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment())
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._asks, daemon=True)
        self.waits: list[float] = []

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(30)
        self._process.kill()
        self._process.wait()

    def _asks(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        number = 0
        while not self._ends.is_set():
            number += 1
            began = time.monotonic()
            try:
                self._process.stdin.write(
                    f"SELECT length(what) FROM big WHERE id = {number * 7919 % self._rows + 1};\n".encode()
                )
                self._process.stdin.flush()
                if not self._process.stdout.readline():
                    return
            except OSError:  # its connection was cut: by a restore, say
                return
            self.waits.append(time.monotonic() - began)
            time.sleep(0.01)

    def p95(self, since: int = 0) -> float:
        waits = self.waits[since:]
        return statistics.quantiles(waits, n=20)[-1] if len(waits) > 20 else float("nan")


def fill(project: DataProject, rows: int, *, turn: int = 0) -> None:
    """With other rows in each turn."""
    hashes = " || ".join(f"md5((n * 31 + {part + turn * 31 * rows})::text)" for part in range(_ROW // 32))
    project.sql("CREATE TABLE IF NOT EXISTS big (id bigint PRIMARY KEY, what text)")
    project.sql("TRUNCATE big")
    project.sql(f"INSERT INTO big SELECT n, {hashes} FROM generate_series(1, {rows}) n")
    project.sql("VACUUM ANALYZE big")
    project.sql("CHECKPOINT")
    size = int(project.sql("SELECT pg_database_size('shop')"))
    print(f"database: {size:,} bytes", flush=True)


def timed(does: Callable[[], object]) -> float:
    began = time.monotonic()
    does()
    return time.monotonic() - began


class Peer:
    """pg_dump, restic and psql, as a person would call them."""

    def __init__(self, project: DataProject, folder: Path) -> None:
        self._project, self._folder = project, folder
        folder.mkdir()
        (folder / "key").write_text("peer\n")
        self._run(f"{self._restic} init --quiet")

    def back_up(self) -> None:
        saves = f"{self._restic} backup --quiet --stdin --stdin-filename shop.sql"
        self._run(f"{self._docker} exec {self._db} pg_dump -U postgres shop | {saves}")

    def restore(self) -> float:
        """From our repository, as our page says; a database that is there has to go first. Returns seconds."""
        page = self._project.dockworthy("backup", "kit")
        part = page[page.index("### data") :].partition("\n### ")[0].partition("\n## ")[0]
        commands = [
            line.replace(" db psql", f" {self._db} psql").replace("docker exec", f"{self._docker} exec")
            for line in commands_of(page.partition("## 2.")[0] + part)
        ]
        stop = f"{self._docker} stop --time 10 {self._project.container('web')}"
        drop = f"{self._docker} exec {self._db} psql -qU postgres -c 'DROP DATABASE shop WITH (FORCE)'"
        start = f"{self._docker} start {self._project.container('web')}"
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return timed(lambda: self._run("\n".join([f"cd {folder}", stop, drop, *commands, start])))

    @property
    def _restic(self) -> str:
        return f"restic --repo {self._folder}/r --password-file {self._folder}/key --cache-dir {self._folder}/cache"

    @property
    def _docker(self) -> str:
        return f"docker --host {shlex.quote(self._project.engine.endpoint)}"

    @property
    def _db(self) -> str:
        return self._project.container("db")

    def _run(self, script: str) -> None:
        words = [*self._project.engine.inside, "bash", "-e", "-o", "pipefail", "-c", script]
        done = subprocess.run(words, env=clean_environment(), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{script}: {done.stderr}")


def size_of(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def measure(project: DataProject, peer: Peer, rows: int, rounds: int) -> dict[str, float]:
    ours, theirs, before, meanwhile = [], [], [], []
    project.dockworthy("backup", "--yes")
    for turn in range(rounds):
        fill(project, rows, turn=turn)
        with Client(project, rows) as client:
            time.sleep(3)
            before.append(client.p95())
            theirs.append(timed(peer.back_up))
            since = len(client.waits)
            ours.append(timed(lambda: project.dockworthy("backup", "--yes")))
            meanwhile.append(client.p95(since))
        print(f"backup {ours[-1]:.1f} s; pg_dump | restic {theirs[-1]:.1f} s", flush=True)
    found = {"backup": min(ours) / min(theirs), "p95 before": min(before), "p95 during": min(meanwhile)}
    size = size_of(project.repository)
    took = timed(lambda: project.dockworthy("backup", "--yes"))
    found["again"] = size_of(project.repository) - size
    print(f"again, without changes: {took:.1f} s, {found['again']:,.0f} bytes", flush=True)
    drill = timed(lambda: project.dockworthy("drill", "restore"))
    found["drill"] = drill
    print(f"drill {drill:.1f} s", flush=True)
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(peer.restore())
        ours.append(timed(lambda: project.dockworthy("restore", "data", "--yes")))
        print(f"restore {ours[-1]:.1f} s; by hand {theirs[-1]:.1f} s", flush=True)
    return found | {"restore": min(ours) / min(theirs)}


@contextlib.contextmanager
def large_project(engine: OwnEngine, folder: Path) -> Iterator[DataProject]:
    make_postgres_image(engine)
    project = DataProject(engine, folder, "backup-benchmark", make_image(engine))
    try:
        project.up()
        yield project
    finally:
        project.down()


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--megabytes", type=int, default=790, help="of the database (default 790)")
    given.add_argument("--rounds", type=int, default=3, help="in turn with the peer, the best counts (default 3)")
    asked = given.parse_args()
    folder = apart()
    engine = start_engine(folder / "engine", own_network=False)
    (folder / "shop").mkdir()
    try:
        with large_project(engine, folder / "shop") as project:
            rows = asked.megabytes * 1_000_000 // _ROW
            found = measure(project, Peer(project, folder / "peer"), rows, asked.rounds)
    finally:
        engine.stop()
    for name, value in found.items():
        goal = f"  (goal: at most {_GOALS[name]:g})" if name in _GOALS else ""
        print(f"{name}: {value:,.4g}{goal}")
    return int(any(found[name] > goal for name, goal in _GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
