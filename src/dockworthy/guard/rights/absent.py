"""What is said of an object that is not there: by its words and status a client tells what is to be made or left."""

from __future__ import annotations

_SAID = {
    "container": "No such container: {}",
    "execution": "No such exec instance: {}",
    "volume": "get {}: no such volume",
    "plugin": 'plugin "{}" not found',
}
"""As Engine 26.1 says it; of all other kinds `KIND NAME not found`."""


def absent(kind: str, reference: str) -> str:
    return _SAID.get(kind, f"{kind} {{}} not found").format(reference)
