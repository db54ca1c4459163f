"""What a service may refer to: the project's volumes, networks, secrets and configs, and paths of the host."""

from __future__ import annotations

import os

from ...input_files import is_inside, judged_checkout, without_links
from ...model.field import Unknown
from .entry import Entry
from .loading import Files
from .paths import HOME


class Scope:
    """`document` is the file that the project begins with."""

    def __init__(self, document: Entry, files: Files) -> None:
        self.document = document
        self.files = files

    def declared(self, section: str, name: str) -> Entry | None:
        """A member of `volumes`, `networks`, `secrets` or `configs`; None where it is not, or says nothing."""
        return self.document.at(section, name)

    def host_path(self, written: str, at: Entry) -> str:
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
