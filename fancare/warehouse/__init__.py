"""Where tables live: their one description (`schema`), the engine that holds them, and the SQL between dialects."""
