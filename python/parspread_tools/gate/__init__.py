"""What a build must pass before any model runs: its settings, its catalogs and its vendor files."""
