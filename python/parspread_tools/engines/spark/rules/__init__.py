"""Rules from DuckDB's syntax tree to Spark's; each is a function of a tree, and none knows a model."""
