"""What a process works with: caches, loading in the background, garbage collection, limits of time."""
