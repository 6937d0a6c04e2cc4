"""Exact reproductions of the systems that the standard method replaces."""
