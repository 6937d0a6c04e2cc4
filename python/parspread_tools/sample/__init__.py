"""Simulated vendor files: the committed sample, and larger ones for load tests."""
