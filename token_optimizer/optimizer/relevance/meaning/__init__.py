"""Words that mean nearly the same, by static vectors."""
