"""How a proof finds out: smallest sets, what a log says, where a service writes, and what limits follow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.errors import UsageError
from dockworthy.fix.verify.baseline import Baseline
from dockworthy.fix.verify.limits import SeenUse, cpu_limit, memory_limit, memory_text, pids_limit
from dockworthy.fix.verify.needs import ChangedPath, InImage, own_writes, tmpfs_entry, writable_folders
from dockworthy.fix.verify.probes import probes_from
from dockworthy.fix.verify.project import with_changes
from dockworthy.fix.verify.proposals import proposals_for
from dockworthy.fix.verify.prove_service import DEFAULT, capabilities_of, largest, only, smallest, without_superfluous
from dockworthy.fix.verify.watching import (
    ContainerWatch,
    CountsAsUp,
    RunWatched,
    hinted_capabilities,
    new_complaints,
    refused_paths,
    telling_line,
)
from dockworthy.model.fix import Change, Fix, FixKind, How

SETS = st.sets(st.integers(0, 13))


@given(needed=SETS)
async def test_the_smallest_set_is_found_in_few_tries(needed: set[int]) -> None:
    tries: list[tuple[int, ...]] = []

    async def passes(chosen: tuple[int, ...]) -> bool:
        tries.append(chosen)
        return needed <= set(chosen)

    assert set(await smallest(range(14), passes)) == needed
    assert len(tries) == len(set(tries)) <= 2 + 2 * len(needed) * 4
    assert set(await without_superfluous(range(14), passes)) == needed


@given(wrong=SETS)
async def test_the_largest_set_leaves_out_what_fails(wrong: set[int]) -> None:
    async def passes(chosen: tuple[int, ...]) -> bool:
        return not wrong & set(chosen)

    assert set(await largest(range(14), passes)) == set(range(14)) - wrong


@pytest.mark.parametrize(
    ("service", "has"),
    [
        ({}, DEFAULT),
        ({"cap_drop": ["ALL"]}, ()),
        ({"cap_drop": ["ALL"], "cap_add": ["CAP_CHOWN"]}, ("CHOWN",)),
        ({"cap_drop": ["chown"]}, tuple(each for each in DEFAULT if each != "CHOWN")),
        ({"cap_add": ["SYS_TIME"]}, (*DEFAULT, "SYS_TIME")),
    ],
)
def test_capabilities_that_a_service_has(service: dict[str, list[str]], has: tuple[str, ...]) -> None:
    assert capabilities_of(service) == has
    assert capabilities_of(with_changes(service, only("web", service, has))) == has or set(
        capabilities_of(with_changes(service, only("web", service, has)))
    ) == set(has)


def test_options_of_security_have_nothing_to_do_with_each_other() -> None:
    """no-new-privileges is no answer to seccomp=unconfined, so that is tried by itself."""
    service = {"image": "shop", "security_opt": ["seccomp=unconfined"]}
    gone = Change("web", ("security_opt",), ["seccomp=unconfined"], How.REMOVE)
    ours = Change("web", ("security_opt",), ["no-new-privileges:true"], How.ADD)
    fixes = [
        Fix(control=control, subject="compose.yaml#web", kind=FixKind.TO_BE_PROVEN, says=control, changes=(change,))
        for control, change in (("workload/seccomp", gone), ("workload/privilege-escalation", ours))
    ]
    baseline = Baseline(seen=RunWatched(up=True), use=SeenUse(), wrote=(), folders={}, user=None, stores=True)
    found = {each.controls: each.changes for each in proposals_for("web", service, baseline, fixes, None)}
    assert found[("workload/privilege-escalation",)] == (ours,)
    assert found[("workload/seccomp",)] == (gone,)


def test_only_what_differs_is_changed() -> None:
    assert only("web", {"cap_drop": ["ALL"], "cap_add": ["CHOWN"]}, ["CHOWN"]) == ()
    assert only("web", {"cap_drop": ["ALL"], "cap_add": ["CHOWN"]}, []) == (
        Change("web", ("cap_add",), None, How.REMOVE),
    )


def test_what_a_log_says() -> None:
    log = ["starting 12", "chown: /data: Operation not permitted", "mkdir: can't create '/x/y': Read-only file system"]
    assert hinted_capabilities(log) == ("CHOWN",)
    assert new_complaints(log, ["chown: /data: Operation not permitted"]) == [log[2]]
    assert telling_line(log, ["starting 13"]) == log[1] and telling_line([]) == ""
    assert refused_paths(log) == ("/x/y",)
    assert refused_paths(["/bin/sh: line 3: can't create /tmp/first: Read-only file system"]) == ("/tmp/first",)
    assert refused_paths(['open "/var/lib/x.db": read-only filesystem', "/a is read only"]) == ("/var/lib/x.db",)


def test_where_it_writes() -> None:
    changes = [
        ChangedPath("/var", 0), ChangedPath("/var/cache", 0), ChangedPath("/var/cache/shop", 1),
        ChangedPath("/var/cache/shop/a", 1),
        ChangedPath("/run", 0), ChangedPath("/run/secrets", 1), ChangedPath("/etc/hosts", 0), ChangedPath("/data/x", 1),
    ]  # fmt: skip
    wrote = own_writes(changes, ["/data"])
    assert [each.path for each in wrote] == ["/var/cache/shop", "/var/cache/shop/a"]
    assert writable_folders(wrote) == ("/var/cache/shop",)


def test_a_tmpfs_is_as_the_image_has_the_folder() -> None:
    assert tmpfs_entry("/tmp", InImage(0o1777, 0, 0, True), (70, 70)) == "/tmp:mode=1777"
    assert tmpfs_entry("/run/db", InImage(0o755, 0, 0, True), (70, 70)) == "/run/db:mode=755,uid=70,gid=70"
    assert tmpfs_entry("/c", None, None) == "/c:mode=755"


def test_limits_have_room_and_are_there() -> None:
    mib = 1024 * 1024
    assert memory_text(memory_limit(45 * mib)) == "96M" and memory_text(memory_limit(1)) == "64M"
    assert memory_text(memory_limit(1024 * mib)) == "2G"
    assert (cpu_limit(0.01), cpu_limit(1.02), cpu_limit(1.02, there=2)) == (0.5, 2.25, 2.0)
    assert (pids_limit(1), pids_limit(30)) == (64, 128)


def test_use_is_the_most_that_was_seen() -> None:
    def sample(memory: int, cpu: float) -> dict[str, object]:
        return {
            "memory_stats": {"usage": memory, "stats": {"inactive_file": 10}},
            "cpu_stats": {"cpu_usage": {"total_usage": int(cpu * 1e9)}},
            "pids_stats": {"current": 3},
        }

    use = SeenUse()
    use.add(sample(110, 0.0), 0.0)
    use.add(sample(60, 0.5), 1.0)
    use.begin_again()
    use.add(sample(60, 90.0), 1.5)  # of another container: no rate from the one before
    assert (use.memory, use.cpus, use.pids) == (100, 0.5, 3)


def test_probes_find_their_service() -> None:
    services = {"web": {"ports": [{"target": 80, "published": "8080"}]}, "db": {}}
    wanted = ("web", "db")
    (published,) = probes_from(["http://localhost:8080/ready?x=1"], services, wanted)
    assert (published.service, published.url) == ("web", "http://{address}:80/ready?x=1")
    (named,) = probes_from(["db=test a = b"], services, wanted)
    assert (named.service, named.command) == ("db", "test a = b")
    with pytest.raises(UsageError, match="which service"):
        probes_from(["true"], services, wanted)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (["starting", "listening on 8000", "bye"], ""),
        (["starting", "no errors in the configuration", "0 errors, failed=0"], ""),
        (["level=info msg=\"the cache is missing, and is filled\""], ""),
        (["12:00:00 [notice] 1#1: can't be reached any more, exiting", "writes to /var/log/error.log"], ""),
        (["ready", "exec /app: no such file or directory", "bye"], "exec /app: no such file or directory"),
        (["ready", "Error: listen EADDRINUSE :::80", "bye"], "Error: listen EADDRINUSE :::80"),
        (["level=error msg=\"no key\"", "level=info msg=bye"], "level=error msg=\"no key\""),
        (["could not open the queue", "open /data/x: permission denied"], "open /data/x: permission denied"),
        (
            ["Traceback (most recent call last):", '  File "/app.py"', "ModuleNotFoundError: No module named 'x'"],
            "ModuleNotFoundError: No module named 'x'",
        ),
    ],
)  # fmt: skip
def test_a_line_is_quoted_only_where_it_shows_the_fault(log: list[str], told: str) -> None:
    assert telling_line(log) == told
    assert telling_line(log, log) == "", "the unchanged service writes the same"


async def test_what_was_seen_is_told_with_the_status_of_a_service_that_ends_again_and_again() -> None:
    """Between two starts the engine says with what it ended; while it runs, that is 0."""

    class Restarting:
        def __init__(self) -> None:
            self.looks = 0

        async def inspect(self, container: str) -> dict[str, object]:
            self.looks += 1
            status = "restarting" if self.looks == 1 else "running"
            return {"State": {"Status": status, "ExitCode": 7 if self.looks == 1 else 0}, "RestartCount": self.looks}

        async def log(self, container: str) -> list[str]:
            return ["hello", "bye"]

    expected = CountsAsUp(within=60, settle=60, restarts=1)
    seen = await ContainerWatch(Restarting(), "x", expected, local=True).until_decided()  # type: ignore[arg-type]
    assert (seen.up, seen.why, seen.line) == (False, "it ends again and again, last with status 7", "")
