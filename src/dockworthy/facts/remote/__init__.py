"""The facts of a host over ssh: a shell script there says what its files say, and the same readers read them here."""
