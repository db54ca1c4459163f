"""The engine's API on a network address, for those who hold a certificate that was made here."""
