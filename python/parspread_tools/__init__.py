"""Everything that touches files or the database: checks, publication, sample data, the page."""
