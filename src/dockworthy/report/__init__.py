"""Showing a result: for people, for programs, for other tools. Knows the model only, reads nothing."""
