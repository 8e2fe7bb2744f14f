"""Alembic migrations, one version location for each service's database. Services never migrate; `waypost` does."""
