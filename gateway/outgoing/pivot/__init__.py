"""What all dialects say, as values: every translation goes from a dialect to these, and from these to another."""
