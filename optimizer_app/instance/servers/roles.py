"""The role that the product uses in the embedded PostgreSQL: it owns its database, and is no superuser.

Only the supervisor knows the superuser, who makes the role and what it may not make itself. Versions before
used the superuser for all; what that owns is handed over.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from optimizer_app.instance.state import DATABASE_NAME, DATABASE_USER

_ROLE = sql.Identifier(DATABASE_USER)
_FOREIGN_RELATIONS = """
    SELECT relation.oid::regclass::text
    FROM pg_class AS relation JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
    WHERE relation.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND schema.nspname = 'public'
      AND relation.relowner <> %s::regrole
      -- What belongs to an extension stays with it, and the sequence of a column goes with its table.
      AND NOT EXISTS (
          SELECT FROM pg_depend
          WHERE classid = 'pg_class'::regclass AND objid = relation.oid AND objsubid = 0
            AND (deptype = 'e' OR relation.relkind = 'S' AND deptype IN ('a', 'i'))
      )
"""


def prepare_role(template: psycopg.Connection, password: str) -> None:
    """Make the role, and put pgvector into the template of databases: only a superuser may add it."""
    template.execute("CREATE EXTENSION IF NOT EXISTS vector")
    if template.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [DATABASE_USER]).fetchone() is None:
        statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER PASSWORD {}")
        template.execute(statement.format(_ROLE, sql.Literal(password)))


def hand_over(database: psycopg.Connection) -> None:
    """Give the role the project's database and what stands in it."""
    database.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(DATABASE_NAME), _ROLE))
    for (name,) in database.execute(_FOREIGN_RELATIONS, [DATABASE_USER]).fetchall():
        # regclass has quoted the name where it needs quotes.
        database.execute(sql.SQL("ALTER TABLE {} OWNER TO {}").format(sql.SQL(name), _ROLE))
