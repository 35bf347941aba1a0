"""The dialects that callers speak: their bodies read, and answers written as they expect them."""
