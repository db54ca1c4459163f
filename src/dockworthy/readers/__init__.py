"""The readers: one file format or API object each, into the model. They read; they never judge."""
