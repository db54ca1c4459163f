"""The engine's own socket moved to a folder of root's, so that the guard's stands where everybody looks."""
