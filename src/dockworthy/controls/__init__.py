"""The controls: one file each, pure functions of the model. The id of a control is the path of its file."""
