"""Ships a project: gate -> plan -> roll out -> observe -> keep or roll back (the story is in `release.py`)."""
