"""The one definition of the tables `blocks` and `embeddings`: VectorStore makes them, a migration runs it."""

from __future__ import annotations

from importlib.resources import files

SCHEMA_SQL = files("token_optimizer.storage").joinpath("migrations/001_init.sql").read_text("utf-8")
DROP_SQL = "DROP TABLE IF EXISTS embeddings; DROP TABLE IF EXISTS blocks;"
