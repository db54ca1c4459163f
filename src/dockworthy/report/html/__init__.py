"""A result as one page that needs nothing else: no network, no second file. For the manager and for the sysadmin."""

from .page import render_fleet_html, render_html

__all__ = ["render_fleet_html", "render_html"]
