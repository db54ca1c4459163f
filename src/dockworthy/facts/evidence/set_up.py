"""What set this host up: cloud-init, Ignition, Puppet, Ansible, NixOS, by what their last run left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ...model.evidence import SetUp
from ...model.field import Source
from ..host.root import Root
from ..host.trusted_accounts import TrustedAccounts
from .systemd import rfc3339

_PUPPET = (
    "/opt/puppetlabs/puppet/public/last_run_summary.yaml",
    "/opt/puppetlabs/puppet/cache/state/last_run_summary.yaml",
    "/var/lib/puppet/state/last_run_summary.yaml",
    "/var/cache/puppet/state/last_run_summary.yaml",
)
_CLOUD_INIT = ("/run/cloud-init/result.json", "/var/lib/cloud/data/result.json")
_IGNITION = "/etc/.ignition-result.json"
_LAST_RUN = re.compile(r"^\s+last_run:\s*(\d+)", re.MULTILINE)
_FAILED = re.compile(r"^\s+(?:failed|failed_to_restart|failure):\s*(\d+)", re.MULTILINE)


def read_set_up(root: Root) -> tuple[SetUp, ...]:
    """Never raises: what is absent, or is no record of such a tool, is left out."""
    readers: tuple[Callable[[Root], Iterator[SetUp]], ...] = (_puppet, _cloud_init, _ignition, _ansible, _nixos)
    found: list[SetUp] = []
    for read in readers:
        try:
            found += read(root)
        except (OSError, ValueError):
            continue
    return tuple(found)


def _puppet(root: Root) -> Iterator[SetUp]:
    file = next((path for path in _PUPPET if root.exists(path)), "")
    if not file:
        return
    text = root.read(file)
    ran = _LAST_RUN.search(text)
    failures = [int(found) for found in _FAILED.findall(text)]
    yield SetUp("Puppet", Source(file), rfc3339(float(ran[1])) if ran else "", sum(failures) if failures else -1)


def _cloud_init(root: Root) -> Iterator[SetUp]:
    file = next((path for path in _CLOUD_INIT if root.exists(path)), "")
    if not file:
        return
    said: Any = json.loads(root.read(file))
    result = said.get("v1") if isinstance(said, dict) else None
    errors = result.get("errors") if isinstance(result, dict) else None
    failures = len(errors) if isinstance(errors, list) else -1
    yield SetUp("cloud-init", Source(file, "v1.errors"), rfc3339(root.stat(file).st_mtime), failures)


def _ignition(root: Root) -> Iterator[SetUp]:
    if root.exists(_IGNITION):
        yield SetUp("Ignition", Source(_IGNITION), rfc3339(root.stat(_IGNITION).st_mtime))


def _ansible(root: Root) -> Iterator[SetUp]:
    """On a host that it manages, Ansible leaves a folder of temporary files in the home of the account that it logs in
    to."""
    trusted = TrustedAccounts(root)
    homes = ["/root", *(f"/home/{name}" for name in root.names_or_none("/home"))]
    for folder in (f"{home}/.ansible/tmp" for home in homes):
        if root.exists(folder) and trusted.has_uid(root.stat(folder).st_uid):
            yield SetUp("Ansible", Source(folder), rfc3339(root.stat(folder).st_mtime))
            return


def _nixos(root: Root) -> Iterator[SetUp]:
    if root.exists("/etc/NIXOS"):
        yield SetUp("NixOS", Source("/etc/NIXOS"))
