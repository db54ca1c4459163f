"""A host reached over ssh: one connection, a POSIX shell on it, and through it a way to the host's engine."""
