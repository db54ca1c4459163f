"""How each finding is mended: control id -> its planning."""

from __future__ import annotations

from functools import cache

from ..situation import Planning


@cache
def plannings() -> dict[str, Planning]:
    """In the order in which the steps are to be done. Where two name a control, the later one has it."""
    from .address_pools import PLANNINGS as ADDRESS_POOLS
    from .audit_rules import PLANNINGS as AUDIT_RULES
    from .automatic_updates import PLANNINGS as AUTOMATIC_UPDATES
    from .by_hand import PLANNINGS as BY_HAND
    from .connection_table import PLANNINGS as CONNECTION_TABLE
    from .engine_by_hand import PLANNINGS as ENGINE_BY_HAND
    from .engine_settings import PLANNINGS as ENGINE_SETTINGS
    from .host_files import PLANNINGS as HOST_FILES
    from .kernel_settings import PLANNINGS as KERNEL_SETTINGS
    from .out_of_memory import PLANNINGS as OUT_OF_MEMORY
    from .published_ports import PLANNINGS as PUBLISHED_PORTS
    from .ssh_logins import PLANNINGS as SSH_LOGINS
    from .time_sync import PLANNINGS as TIME_SYNC
    from .user_namespaces import PLANNINGS as USER_NAMESPACES
    from .waiting_updates import PLANNINGS as WAITING_UPDATES

    host = {**HOST_FILES, **KERNEL_SETTINGS, **CONNECTION_TABLE, **OUT_OF_MEMORY, **TIME_SYNC, **AUTOMATIC_UPDATES}
    engine = {**ENGINE_SETTINGS, **ADDRESS_POOLS, **USER_NAMESPACES, **ENGINE_BY_HAND}
    return {**BY_HAND, **host, **AUDIT_RULES, **SSH_LOGINS, **PUBLISHED_PORTS, **WAITING_UPDATES, **engine}
