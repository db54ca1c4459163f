"""What `dockworthy backup` recorded on the host is evidence of backups."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dockworthy.facts.evidence.stores import SAVED
from dockworthy.model.backup import BackupMethod, BackupRun, DataKind, SavedData
from dockworthy.model.evidence import ToolTask
from facts.host.host_trees import Tree

from .host_files import host, stores


def recorded(tree: Tree, name: str, place: str, method: BackupMethod, append_only: str = "") -> None:
    """As backup/saving writes it."""
    data = SavedData(name="db", project="shop", kind=DataKind.POSTGRESQL, method=method)
    taken, ended = "2026-11-24T03:00:00Z", "2026-11-24T03:01:00Z"
    run = BackupRun(id="1", host="h", scope="shop", taken=taken, ended=ended, version="1", data=(data,))
    tree.write(
        f"{SAVED}/{name}.json", msgspec.json.encode({"place": place, "run": run, "append_only": append_only}).decode()
    )


def test_one_elsewhere_is_as_old_as_its_last_run_and_a_dump_where_a_database_was_dumped(tmp_path: Path) -> None:
    tree = host(tmp_path)
    recorded(tree, "a", "sftp:backup@vault:/srv/shop", BackupMethod.PG_DUMP)
    recorded(tree, "b", "rest:https://user:***@vault/", BackupMethod.PAUSE)
    tree.write(f"{SAVED}/c.json", '{"place": 5}')
    found = {store.place: store for store in stores(tree)}
    assert len(found) == 2, "a damaged record tells nothing"
    vault = found["sftp:backup@vault:/srv/shop"]
    assert (vault.tool, vault.does, vault.local) == ("dockworthy backup", ToolTask.DUMP, False)
    assert (vault.newest, vault.encrypted) == ("2026-11-24T03:01:00Z", True)
    (other,) = (store for place, store in found.items() if place.startswith("rest:"))
    assert other.does is ToolTask.BACKUP


def test_one_on_this_host_tells_itself(tmp_path: Path) -> None:
    """Its disk may be gone since, whatever was recorded."""
    tree = host(tmp_path)
    recorded(tree, "a", "/mnt/usb/shop", BackupMethod.PAUSE)
    (store,) = stores(tree)
    assert store.local and store.newest == "" and "does not exist" in store.problem


def test_a_store_that_refused_removal_says_when(tmp_path: Path) -> None:
    tree = host(tmp_path)
    recorded(
        tree, "a", "ssh:backup-shop@vault:/srv/backups/shop", BackupMethod.PG_DUMP, append_only="2026-11-24T02:00:00Z"
    )
    (store,) = stores(tree)
    assert (store.local, store.append_only) == (False, "2026-11-24T02:00:00Z")
