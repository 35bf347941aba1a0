"""What a question means beyond its words: ranges, bounds, days and amounts, acronyms."""
