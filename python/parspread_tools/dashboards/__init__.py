"""Dashboards from the files in `dashboards/`: in Apache Superset, and as a page of their own."""
