"""Rows of the database in, arrays to the kernels, rows out: the only place that knows tables."""
