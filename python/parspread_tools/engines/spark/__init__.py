"""The seam to Spark: what the models say in DuckDB's SQL, said in Spark's."""
