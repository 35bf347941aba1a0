"""Records on their way into the database: money, events, counts, repeats."""
