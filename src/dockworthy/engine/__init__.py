"""The only door to a Docker Engine: which one, and how to ask it."""
