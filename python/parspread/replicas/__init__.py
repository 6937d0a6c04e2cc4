"""Exact reproductions of replaced systems; nothing outside a folder `replicas` imports them."""
