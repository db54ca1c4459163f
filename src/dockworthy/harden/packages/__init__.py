"""Packages that a step needs: what apt would do, known before it is done, and taken back to the same."""

from .installing import Installing, install, installed_words, installing_of, question

__all__ = ["Installing", "install", "installed_words", "installing_of", "question"]
