"""The units of the suite by their matter. Adding one is adding an entry."""

from .host import HOST
from .limits import LIMITS
from .mounts_and_ports import MOUNTS_AND_PORTS
from .operation import OPERATION
from .privileges import PRIVILEGES

CASES = (*PRIVILEGES, *HOST, *LIMITS, *MOUNTS_AND_PORTS, *OPERATION)
