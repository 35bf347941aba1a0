"""Blocks and their embeddings in PostgreSQL with pgvector."""
