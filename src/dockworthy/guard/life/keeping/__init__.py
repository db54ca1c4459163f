"""What keeps a guard running, and its sockets open: a process that does nothing else, so that guards come and go."""
