"""Installs packages of the distribution: apt is asked first what that means, and exactly that is done and undone.

Recommended packages stay out, nothing is ever removed for it, and no service but the new ones is restarted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from ...host_scripts import HostScript
from ...model.hardening import Run

_LINE = re.compile(r"^(Inst|Remv) (\S+)( \[[^]]+\])?", re.MULTILINE)
_RUNTIME = re.compile(r"(docker|containerd|runc|moby|linux-image|libc6\b).*")
"""What must not be upgraded on the way: it restarts containers, or waits for a reboot."""

_QUIET = ("env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1")
"""needrestart would restart services that have nothing to do with it, the engine among them."""
_WOULD_INSTALL = HostScript(__package__, "would_install.sh")
_TAKE_BACK = HostScript(__package__, "take_back.sh")


class Installing(Struct, frozen=True):
    """What apt would do: packages that are `new`, those `upgraded` along with them; `refused` says why it can't be."""

    new: tuple[str, ...] = ()
    upgraded: tuple[str, ...] = ()
    refused: str = ""
    instead: str = ""


def question(*names: str) -> dict[str, str]:
    """For `Planning.asks`: what would installing these do? Changes nothing."""
    return {_key(names): _WOULD_INSTALL.with_arguments(*names)}


def installing_of(answers: Mapping[str, str], *names: str) -> Installing:
    """What the answer to `question(*names)` says."""
    answer = answers.get(_key(names), "")
    if error := next((line[3:] for line in answer.splitlines() if line.startswith("E: ")), ""):
        return Installing(refused=f"apt can't install {' '.join(names)}: {error}", instead=_instead(error, names))
    done = [(match[1], match[2], bool(match[3])) for match in _LINE.finditer(answer)]
    removed = [name for what, name, _ in done if what == "Remv"]
    upgraded = [name for what, name, old in done if what == "Inst" and old]
    if lost := removed + [name for name in upgraded if _RUNTIME.fullmatch(name)]:
        words = f"installing {' '.join(names)} would remove or upgrade {', '.join(lost)}"
        return Installing(refused=words, instead=f"look yourself: apt-get -s install {' '.join(names)}")
    new = tuple(name for what, name, old in done if what == "Inst" and not old)
    if not new:
        return Installing(refused=f"apt does not say how it would install {' '.join(names)}", instead="apt-get update")
    return Installing(new, tuple(upgraded))


def install(installing: Installing, *names: str) -> Run:
    """Installs them, and takes back what is new by it: configuration too, and only what nobody else came to need."""
    argv = (
        *_QUIET, "apt-get", "install", "-y", "-q", "--no-install-recommends", "--no-remove",
        "-o", "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=120", *names,
    )  # fmt: skip
    others = [name for name in reversed(installing.new) if name not in names]
    undo = (*_QUIET, "sh", "-c", _TAKE_BACK.text, "sh", *names, "--", *others)
    return Run(argv=argv, undo=undo, says=f"{' '.join(names)} could not be installed")


def installed_words(installing: Installing, *names: str) -> tuple[str, ...]:
    """What a person must expect of it, as sentences."""
    others = [name for name in installing.new if name not in names]
    words = [f"installs {', '.join(names)}" + (f", and with it {', '.join(others)}" if others else "")]
    if installing.upgraded:
        words.append(f"upgrades {', '.join(installing.upgraded)} with it; --undo leaves those as they are then")
    return tuple(words)


def _instead(error: str, names: Sequence[str]) -> str:
    if "no apt" in error:
        return f"install it with this system's package manager: {' '.join(names)}"
    if "Unable to locate" in error or "no installation candidate" in error:
        return "read the package lists (apt-get update), then run this again"
    return f"see apt-get install {' '.join(names)}, then run this again"


def _key(names: Sequence[str]) -> str:
    return f"install {' '.join(names)}"
