"""What all dialects say, as values: a translation goes from a dialect to these, and from these to another."""
