"""Alembic's environment; every handlers package adds a branch of its own."""
