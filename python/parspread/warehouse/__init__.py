"""Rows in, rows out: the seams between the warehouse and the kernels."""
