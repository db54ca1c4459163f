"""Mounts: `volumes`, `tmpfs`, `secrets` and `configs` that are files, `volumes_from`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ...input_files import is_inside, judged_checkout, without_links
from ...model.field import Unknown
from ...model.volume_options import bound_path, is_bind
from ...model.workload import Mount, MountKind
from .entry import ComposeEntry
from .loading import ComposeFiles
from .merging import cleaned, is_drive, parts_of, target_of_mount
from .variables import HOME

_KINDS = {kind.value: kind for kind in MountKind}
_PROPAGATION = frozenset({"shared", "slave", "private", "rshared", "rslave", "rprivate"})
_SOCKET = "/var/run/docker.sock"


def read_mounts(service: ComposeEntry, scope: MountScope) -> tuple[Mount, ...]:
    """Those that can be told; a mount with a variable that is missing is a gap (`gaps_in`), and not here."""
    listed = [entry for entry in _listed(service, "volumes") if _gap_of(entry, scope) is None]
    found = [_mount(entry, scope) for entry in listed]
    tmpfs = service.get("tmpfs")
    for entry in tmpfs.one_or_many() if tmpfs is not None else []:
        found.append(
            Mount(MountKind.TMPFS, "", cleaned(entry.text().split(":")[0]), "ro" in _modes(entry), entry.source)
        )
    found += [*_files(service, "secrets", "/run/secrets/", scope), *_files(service, "configs", "/", scope)]
    api = service.get("use_api_socket")
    if api is not None and api.gap is None and api.boolean():
        found.append(Mount(MountKind.BIND, _SOCKET, _SOCKET, False, api.source, host_path=_SOCKET))
    return tuple(found)


def _listed(service: ComposeEntry, key: str) -> list[ComposeEntry]:
    found = service.get(key)
    return [] if found is None else found.items()


def drives_in(service: ComposeEntry) -> Iterator[str]:
    """A sentence for each mount that Compose takes for a path of Windows."""
    for entry in _listed(service, "volumes"):
        if entry.gap is None and not entry.is_mapping and is_drive(entry.text()):
            yield (
                f"{entry.source}: Compose reads {entry.text()} as a path on drive {entry.text()[:2]} of Windows, and "
                "no Linux engine takes it: the name of a volume has two letters or more"
            )


def gaps_of_volumes(service: ComposeEntry, scope: MountScope) -> list[Unknown]:
    """Of the project's volumes, secrets and configs that the service mounts."""
    gaps = [_gap_of(entry, scope) for entry in _listed(service, "volumes")]
    for key in ("secrets", "configs"):
        files = (file_of(entry, key, scope) for entry in _listed(service, key))
        gaps += [file.gap for file in files if file is not None]
    return [gap for gap in gaps if gap is not None]


def _gap_of(entry: ComposeEntry, scope: MountScope) -> Unknown | None:
    """A variable without a value in the mount, or in the options of the volume that it names."""
    if entry.gap is not None:
        return entry.gap
    name = entry.word("source") if entry.is_mapping else parts_of(entry.text())[0]
    declared = scope.declared("volumes", name)
    parts = [] if declared is None else [declared.get(key) for key in ("name", "driver", "driver_opts")]
    return next((part.gap for part in parts if part is not None and part.gap is not None), None)


def file_of(entry: ComposeEntry, key: str, scope: MountScope) -> ComposeEntry | None:
    """The `file` of a secret or config that a service names."""
    name = entry.word("source") if entry.is_mapping else entry.text()
    declared = scope.declared(key, name)
    return None if declared is None else declared.get("file")


def _modes(entry: ComposeEntry) -> list[str]:
    return entry.text().partition(":")[2].split(",")


def _mount(entry: ComposeEntry, scope: MountScope) -> Mount:
    return _long(entry, scope) if entry.is_mapping else _short(entry, scope)


def _short(entry: ComposeEntry, scope: MountScope) -> Mount:
    """`[SOURCE:]TARGET[:MODE]`: a source that begins like a path is one, any other is a volume's name."""
    parts = parts_of(entry.text())
    if len(parts) > 3 or not all(parts[:2]):
        raise entry.wrong("a mount like ./data:/data:ro")
    source, target = parts[0] if len(parts) > 1 else "", target_of_mount(entry)
    modes = parts[2].split(",") if len(parts) > 2 else []
    propagation = next((mode for mode in modes if mode in _PROPAGATION), "")
    if source[:1] in (".", "/", "~", "\\") or source[1:2] == ":":
        path = scope.host_path(source, entry)
        return Mount(MountKind.BIND, path, target, "ro" in modes, entry.source, propagation, path)
    return _volume(source, target, "ro" in modes, entry, scope)


def _long(entry: ComposeEntry, scope: MountScope) -> Mount:
    written = entry.get("type")
    kind = MountKind.VOLUME if written is None else _KINDS.get(written.text())
    if kind is None and written is not None:
        raise written.wrong("bind, volume, tmpfs, image, npipe or cluster")
    read_only = entry.get("read_only")
    closed = read_only is not None and read_only.boolean()
    source, target = entry.word("source"), target_of_mount(entry)
    if not target:
        raise entry.wrong("a mount with a target")
    if kind is MountKind.VOLUME:
        return _volume(source, target, closed, entry, scope)
    assert kind is not None
    if kind is not MountKind.BIND:
        return Mount(kind, source, target, closed, entry.source)
    path = scope.host_path(source, entry)
    return Mount(kind, path, target, closed, entry.source, entry.word("bind", "propagation"), path)


def _volume(name: str, target: str, read_only: bool, entry: ComposeEntry, scope: MountScope) -> Mount:
    """A named volume stands for a path of the host where its driver's options say so (`o: bind`, `type: proc`)."""
    declared = scope.declared("volumes", name)
    options = declared.get("driver_opts") if declared is not None else None
    said = {} if options is None else {key: value.text() for key, value in options.mapping().items() if value.content}
    driver = declared.word("driver") if declared is not None else ""
    path = bound_path(driver, said)
    return Mount(
        kind=MountKind.VOLUME,
        source=(declared.word("name") if declared is not None else "") or name,
        target=target,
        read_only=read_only,
        declared_at=entry.source,
        host_path=scope.host_path(said["device"], entry) if path and is_bind(said) else path,
        driver=driver,
        options=said,
        anonymous=not name,
    )


def _files(service: ComposeEntry, key: str, folder: str, scope: MountScope) -> Iterator[Mount]:
    """A secret or config with `file` is that file, mounted read-only."""
    for entry in _listed(service, key):
        name = entry.word("source") if entry.is_mapping else entry.text()
        file = file_of(entry, key, scope)
        if file is None or file.gap is not None or entry.gap is not None:
            continue
        target = os.path.join(folder, (entry.word("target") if entry.is_mapping else "") or name)
        path = scope.host_path(file.text(), file)
        yield Mount(MountKind.BIND, path, target, True, entry.source, host_path=path)


class MountScope:
    """`document` is the file that the project begins with."""

    def __init__(self, document: ComposeEntry, files: ComposeFiles) -> None:
        self.document = document
        self.files = files

    def declared(self, section: str, name: str) -> ComposeEntry | None:
        """A member of `volumes`, `networks`, `secrets` or `configs`; None where it is not, or says nothing."""
        return self.document.at(section, name)

    def host_path(self, written: str, at: ComposeEntry) -> str:
        """A path as the host will see it: relative to the folder of the file it stands in, `~` is the home."""
        if written == "~" or written.startswith("~/"):
            variables = self.files.variables
            home = HOME if variables.hidden("HOME") else variables.values.get("HOME", "~")
            return os.path.normpath(home + written[1:])
        if written[1:3] in (":\\", ":/") or written.startswith("\\"):
            return written
        folder = self.files.folder_of(at.source)
        path = written if written.startswith("/") else os.path.normpath(os.path.join(folder, written))
        return _beyond_links(path, os.path.abspath(folder))

    def gap_of_network(self, key: str) -> Unknown | None:
        """A variable without a value in a network's name."""
        declared = self.declared("networks", key)
        named = [] if declared is None else [declared.get("name"), declared.get("external")]
        return next((name.gap for name in named if name is not None and name.gap is not None), None)

    def network_name(self, key: str) -> str:
        """The engine's name of a network: `host` and `bridge` are the engine's own, whatever the file calls them."""
        declared = self.declared("networks", key)
        if declared is None:
            return key
        external = declared.get("external")
        outside = external.word("name") if external is not None and external.is_mapping else ""
        return declared.word("name") or outside or key


def _beyond_links(path: str, folder: str) -> str:
    """The same path, unless a link that lies in the checkout leads out of it: then where that leads."""
    checkout = judged_checkout(folder)
    whole, top = os.path.abspath(path), folder
    while os.path.realpath(top) not in checkout.roots and top != os.sep:
        top = os.path.dirname(top)
    if top == os.sep or not is_inside(whole, top):
        return path
    end = without_links(os.path.realpath(top) + whole[len(top) :], checkout)
    return path if any(is_inside(end, root) for root in checkout.roots) else end
