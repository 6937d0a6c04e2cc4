"""Where a run stands, why it closed a position, and what became of a day."""

from enum import IntEnum


class Phase(IntEnum):
    """Where a run stands between two rows."""

    FLAT = 0
    HELD = 1
    COOLDOWN = 2


class ExitReason(IntEnum):
    """Why a position was closed on a row."""

    NONE = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2
    MAX_HOLDING = 3
    SIGNAL = 4
    REVERSAL = 5
    MISSING_SIGNAL = 6


class DayStatus(IntEnum):
    """What became of a day: codes below `NO_SESSION` are rows, the others are not."""

    OK = 0
    MISSING_SIGNAL_HELD = 1
    MISSING_SIGNAL_FLATTENED = 2
    NONFINITE_SIGNAL = 3  # infinite, and treated as the options say
    STOP_NOT_ARMED = 4  # held without its sigma stop: no positive deviation at entry
    UNKNOWN_PNL = 5  # what a repriced position earned since the row before is not all known
    NO_SIZE = 6  # no volatility by which to size; a position is kept as it is
    NO_SESSION = 7  # the instrument has no level
    NO_MARK = 8  # a repriced run has no mark
    MISSING_SIGNAL_DROPPED = 9
