"""The hosts of a project: how they stand, how one comes, is emptied, and leaves."""
