"""Why a model cannot go to Spark."""

from __future__ import annotations


class Unsupported(ValueError):
    """A construct that the seam does not know; never a silently different number."""

    def __init__(self, construct: str, advice: str = "") -> None:
        super().__init__(construct)
        self.construct, self.advice = construct, advice
        self.model = ""

    def __str__(self) -> str:
        where = f"model {self.model}" if self.model else "a model"
        advice = self.advice or (
            "write it in the SQL that both engines take (docs/guides/spark.md), or add a rule "
            "with its test"
        )
        return f"{where} cannot run on Spark: it has {self.construct}; {advice}"
