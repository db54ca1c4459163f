"""How the guard lives on a machine: its policy read anew, how it is brought, started, taken away and unlocked."""
