"""A Spark session on which the models mean what they mean on DuckDB."""

from __future__ import annotations

import os
import sys
from typing import Any

from parspread_tools.engines.spark import functions

# Read by the profile too; a cluster brings its own master and sizes.
NEEDED = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # Spark 4.3 wrongly refuses some plans with lateral views and windows.
    "spark.sql.planChangeValidation": "false",
    "spark.sql.lightweightPlanChangeValidation": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # Intervals of years and of days have one type, so that a frame may have both.
    "spark.sql.legacy.interval.enabled": "true",
}
LOCAL = {
    "spark.master": "local[2]",
    "spark.driver.memory": "3g",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.maxResultSize": "2g",
}


def local_session(options: dict[str, str] | None = None) -> Any:
    """Return a session on this machine, with the functions of the seam."""
    from pyspark.sql import SparkSession

    # Workers otherwise take the first Python of the path, which may lack pyarrow.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.appName("parspread")
    for name, value in {**NEEDED, **LOCAL, **(options or {})}.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    functions.register(spark)
    return spark
