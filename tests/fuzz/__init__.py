"""Anything at all, given to every reader: what comes back is something to judge, or an error with the file's name."""
