"""How many examples a property is tried on."""

import os

from hypothesis import settings


def examples(count: int) -> settings:
    """Return the settings of a property: the same examples every time, a tenth in the short run."""
    if os.environ.get("FAST_TESTS") == "1":
        count = max(count // 10, 5)
    return settings(max_examples=count, derandomize=True, deadline=None)
