"""Lines of files as reports may quote them: what is secret in them, or may be, is left out."""

from .lines import quoted_lines, without_secrets

__all__ = ["quoted_lines", "without_secrets"]
