"""The shop's page: orders are listed and placed. Ends on SIGTERM when its requests have their answers.

It knows GET / (the page), POST /orders (places one, by the form's fields) and GET /healthz (200 where the database
answers, else 503).
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import orders  # of this version
import psycopg2

from .database import Connections

_LONGEST = 10_000  # bytes of a form
_LEAVING = 1.0  # seconds in which connections that are kept are told that this one leaves
_ENDING = 6.0  # seconds for requests that are under way

connections = Connections()
for_health = Connections(2)  # its question does not wait behind those of customers
leaving = threading.Event()


def _well(cursor: Any) -> bool:
    cursor.execute("SELECT 1")
    return True


class Requests:
    """How many are under way."""

    def __init__(self) -> None:
        self._count, self._changed = 0, threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_for_the_last(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)


under_way = Requests()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 65  # of a connection on which nothing is asked

    def do_GET(self) -> None:
        with under_way:
            if self.path == "/healthz":
                if self._from_database(for_health, _well):
                    self._answer(200, "well\n", "text/plain")
            elif self.path == "/":
                if page := self._from_database(connections, orders.page):
                    self._answer(200, page)
            else:
                self._answer(404, "There is no such page.\n", "text/plain")

    def do_POST(self) -> None:
        with under_way:
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != "/orders" or length > _LONGEST:
                self.close_connection = True  # what was sent is not read
                self._answer(404 if self.path != "/orders" else 413, "That can't be done.\n", "text/plain")
                return
            fields = {name: values[0].strip() for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            if not fields.get("what"):
                self._answer(400, "An order says what is wanted.\n", "text/plain")
                return
            if number := self._from_database(connections, lambda cursor: orders.place(cursor, fields)):
                self._answer(303, f"order {number}\n", "text/plain", ("Location", "/"))

    def _from_database(self, lent: Connections, work: Callable[[Any], Any]) -> Any:
        """What `work` gives, once it is committed: nobody is told of an order that is not. None: that was answered."""
        try:
            with lent.cursor() as cursor:
                return work(cursor)
        except psycopg2.Error as error:
            print(f"{self.command} {self.path}: {str(error).strip()}", file=sys.stderr)
            self._answer(503, "The database does not answer.\n", "text/plain")
            return None

    def _answer(self, status: int, text: str, kind: str = "text/html", *headers: tuple[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in (*headers, ("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        if leaving.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: object) -> None:
        """The edge has the list of requests."""


class Server(ThreadingHTTPServer):
    daemon_threads = True  # an idle connection keeps nobody from ending
    request_queue_size = 128

    def leave(self) -> None:
        """Nobody comes in any more; who stood in the queue is served."""
        self.shutdown()
        self.socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.process_request(*self.get_request())
        self.server_close()


def main() -> None:
    server = Server(("", 8000), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(f"{orders.VERSION} answers on port 8000")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    leaving.set()
    server.leave()
    time.sleep(_LEAVING)
    if not under_way.wait_for_the_last(_ENDING):
        sys.exit("requests were under way for too long, and are cut off")


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
