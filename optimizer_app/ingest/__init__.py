"""From a file to stored, embedded chunks."""
