"""What a request would get, before anybody sends it."""

from .explaining import Explained, as_request, explain, request_of_run

__all__ = ["Explained", "as_request", "explain", "request_of_run"]
