"""Several hosts, one answer: for people and for programs."""

from .as_json import fleet_parts
from .as_markdown import render_fleet_markdown
from .terminal import render_fleet

__all__ = ["fleet_parts", "render_fleet", "render_fleet_markdown"]
