"""What is said of an optimization: its figures, or why nothing was cut."""
