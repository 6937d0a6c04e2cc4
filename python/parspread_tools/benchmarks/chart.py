"""The chart of the benchmarks, made from their JSON: how many times faster than each reference."""

import argparse
import json
from pathlib import Path

import altair as alt

from parspread_tools.benchmarks.measure import PROJECT

TITLE = "times faster than the reference, log scale"


def ratios(result: dict) -> list[dict]:
    """Return one record a measured ratio: its label, its section and the ratio."""
    records = []
    for section, record in result["sections"].items():
        for table in record["tables"]:
            for row in table["rows"]:
                if row.get("times faster"):
                    what = f"{section}: {row['what']} {row['rows']:,} / {row['against']}"
                    ratio = float(row["times faster"])
                    records.append({"what": what, "section": section, "times faster": ratio})
    return records


def write_charts(result: dict, folder: Path) -> list[Path]:
    """Write `benchmarks.svg` and `benchmarks.png`; nothing without a ratio."""
    records = ratios(result)
    if not records:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    bars = (
        alt.Chart(alt.Data(values=records))
        .mark_bar()
        .encode(
            x=alt.X("times faster:Q", scale=alt.Scale(type="log", domainMin=0.5), title=TITLE),
            x2=alt.datum(1),  # a bar to the left of 1 is slower
            y=alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=420)),
            color=alt.Color("section:N", legend=None),
        )
    )
    labels = bars.mark_text(align="left", dx=3, color="black").encode(
        text=alt.Text("times faster:Q", format=",.3~r"), color=alt.value("black"), x2=alt.Undefined
    )
    title = (
        f"{result['machine']['processor']}, {result['machine']['cores']} cores, "
        f"size {result['size']}"
    )
    chart = (bars + labels).properties(width=520, title=title)
    files = [folder / "benchmarks.svg", folder / "benchmarks.png"]
    for file in files:
        chart.save(file)
    return files


def main() -> None:
    """Draw the charts again from a JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=PROJECT / "build" / "benchmarks.json")
    parser.add_argument("--charts", type=Path, default=PROJECT / "docs" / "images")
    options = parser.parse_args()
    write_charts(json.loads(options.json.read_text()), options.charts)


if __name__ == "__main__":
    main()
