"""Lines to the machine's log (journald or a syslog daemon), which takes them off the host.

`logging.handlers.SysLogHandler` waits for a daemon that does not read; a guard must not.
"""

from __future__ import annotations

import os
import socket
import time

DEVICE = "/dev/log"
NAME = "dockworthy-guard"
_AUTHPRIV, _WARNING, _NOTICE = 10, 4, 5
"""Source: RFC 5424, section 6.2.1."""


class Syslog:
    """Datagrams in the form of RFC 3164, which both kinds of daemon read at their socket."""

    def __init__(self, device: str = DEVICE) -> None:
        self._device = device
        self._socket: socket.socket | None = None

    def write(self, line: bytes, *, warning: bool) -> None:
        """Raises OSError where nobody takes it at once: no daemon, or one that is behind."""
        priority = _AUTHPRIV * 8 + (_WARNING if warning else _NOTICE)
        stamp = time.strftime("%b %e %H:%M:%S")
        datagram = f"<{priority}>{stamp} {NAME}[{os.getpid()}]: ".encode() + line
        try:
            self._connected().send(datagram)
        except OSError as error:
            self.close()
            if isinstance(error, BlockingIOError):
                raise
            self._connected().send(datagram)  # the daemon was restarted

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            made.setblocking(False)
            try:
                made.connect(self._device)
            except OSError:
                made.close()
                raise
            self._socket = made
        return self._socket
