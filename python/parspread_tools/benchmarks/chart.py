"""The chart of the benchmarks, made from their JSON: how many times faster than each reference."""

import argparse
import json
from pathlib import Path

import altair as alt

from parspread_tools.benchmarks.measure import PROJECT

# Words of the header of a column that holds how many times the reference takes.
TIMES_COLUMNS = ("times faster", "times")
LABEL_COLUMNS = ("what", "curves", "quotes to upfront and risks", "query")


def ratios(result: dict) -> list[dict]:
    """Return one record a measured ratio: its label, its section and the ratio."""
    records = []
    for section, record in result["sections"].items():
        for table in record["tables"]:
            for row in table["rows"]:
                times = next((row[name] for name in TIMES_COLUMNS if row.get(name)), None)
                if not isinstance(times, int | float):
                    continue
                label = next((str(row[name]) for name in LABEL_COLUMNS if name in row), section)
                count = row.get("rows", "")
                against = row.get("against") or "loop"
                records.append(
                    {
                        "what": f"{section}: {label.strip()} {count} / {against}",
                        "section": section,
                        "times faster": float(times),
                    }
                )
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
            x=alt.X("times faster:Q", scale=alt.Scale(type="log"), title="times faster, log scale"),
            y=alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=420)),
            color=alt.Color("section:N", legend=None),
        )
    )
    labels = bars.mark_text(align="left", dx=3, color="black").encode(
        text=alt.Text("times faster:Q", format=",.0f"), color=alt.value("black")
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
