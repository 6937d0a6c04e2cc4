"""Rules from DuckDB's syntax tree to Spark's: functions of a tree, none of which knows a model."""
