"""Projects, the roles in them, the limits of what they may use."""
