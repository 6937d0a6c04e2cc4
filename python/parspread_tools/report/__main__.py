"""Run `python -m parspread_tools.report --warehouse parspread.duckdb --out report.html`."""

from parspread_tools.report.page import main

main()
