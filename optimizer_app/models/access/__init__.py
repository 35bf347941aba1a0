"""Who may do what in a project, and what was done."""
