"""The controls: one file each, pure functions of the model. A file may lie in any folder: its control says its id."""
