"""The room that repairs: from findings on files to edits of their lines, and the proof that the service still works."""
