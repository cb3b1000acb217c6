"""The stores over SQL: the same code on SQLite and PostgreSQL."""
