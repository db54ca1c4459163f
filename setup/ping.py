"""Does an engine answer at this socket? `ping.py SOCKET`: exit status 0 yes, 1 no. Standard library only."""

from __future__ import annotations

import socket
import sys


def answers(path: str, seconds: float = 3.0) -> bool:
    """Asks `GET /_ping`. False for any reason: no socket, no permission, no answer within `seconds`."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(path)
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return connection.recv(64).startswith((b"HTTP/1.0 200", b"HTTP/1.1 200"))
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
