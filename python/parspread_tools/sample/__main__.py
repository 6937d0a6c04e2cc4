"""Run `python -m parspread_tools.sample --out seeds/sample`."""

from parspread_tools.sample.make import main

main()
