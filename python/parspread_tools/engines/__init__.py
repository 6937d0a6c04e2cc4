"""Engines other than DuckDB that the same models run on."""
