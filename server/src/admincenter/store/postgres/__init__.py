"""The second engine: PostgreSQL through libpq, as psycopg binds it (D11). One file for each thing that differs from SQLite."""
