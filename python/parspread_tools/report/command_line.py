"""The command line of whatever reads a published warehouse."""

from __future__ import annotations

import argparse
from pathlib import Path


class WarehouseParser(argparse.ArgumentParser):
    """Options of a command of this package; the first of them names the published warehouse."""

    def __init__(self, command: str, purpose: str | None) -> None:
        """Offer `--warehouse`; the command adds its own options."""
        super().__init__(prog=f"parspread_tools.{command}", description=purpose)
        self.add_argument("--warehouse", type=Path, default=Path("parspread.duckdb"))

    def options(self, arguments: list[str] | None) -> argparse.Namespace:
        """Return the options, or stop with a message if the warehouse is not a file."""
        options = self.parse_args(arguments)
        if not options.warehouse.is_file():
            self.error(
                f"--warehouse must name a published warehouse; {options.warehouse} is not one"
            )
        return options
