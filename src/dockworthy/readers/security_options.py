"""Names of `--security-opt`, and of `security_opt` in a Compose file, that an engine on Linux knows.

Source: moby daemon/daemon_unix.go, parseSecurityOpt.
"""

from __future__ import annotations

import re

_KNOWN = frozenset("seccomp apparmor label no-new-privileges systempaths writable-cgroups".split())


def is_known(option: str) -> bool:
    """The engine parts name and value at `=`, or at `:`."""
    return re.split("[=:]", option, maxsplit=1)[0].strip() in _KNOWN
