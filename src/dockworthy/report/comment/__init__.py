"""What a check found as Markdown for a comment under a pull request."""

from .comment import MOST_BYTES, render_comment

__all__ = ["MOST_BYTES", "render_comment"]
