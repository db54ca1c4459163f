"""Who may ask for what: roles, bound to people and programs, limited to projects and images."""
