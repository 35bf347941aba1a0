"""Other compressors on the same cases, judged by the same scorer."""
