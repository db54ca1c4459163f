"""How the guard lives on a machine: its policy read again, how it is brought, started, taken away and unlocked."""
