"""Run `python -m parspread_tools.benchmarks`."""

import sys

from parspread_tools.benchmarks.suite import main

sys.exit(main())
