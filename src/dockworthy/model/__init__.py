"""The nouns: what is read, what is judged, what is found. No I/O."""
