"""Repairs files: check -> fix -> write -> check again: the whole story of `dockworthy fix`."""
