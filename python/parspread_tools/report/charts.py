"""What the charts of the page share: palette, axes, signed areas, waterfalls, a pointer."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import altair as alt

# Okabe and Ito's palette: distinguishable with every kind of colour vision. One meaning each: blue
# is above zero (long, a gain), orange below; green is IG, purple HY; black is the thing itself,
# grey what it stands beside. The page changes them where it is dark.
BLUE, ORANGE, BLACK, GREY = "#0072B2", "#D55E00", "#222222", "#8A8A8A"
GREEN, PURPLE = "#009E73", "#CC79A7"
DAY_LABEL = "%b %Y"
LOCAL_DAY = "date:'%Y-%m-%d'"  # Vega reads a bare ISO day as UTC and would show the day before


def data(table_name: str, parse: dict[str, str]) -> alt.NamedData:
    """Return a reference to the page's CSV text `table_name`, with the type of its columns."""
    return alt.NamedData(name=table_name, format=alt.CsvDataFormat(type="csv", parse=parse))


def usd_axis(grid: bool = True) -> alt.Axis:
    """Return an axis that shows dollars in thousands."""
    return alt.Axis(
        labelExpr="format(datum.value / 1000, ',')",
        tickCount=5,
        grid=grid,
        title="USD thousand",
    )


def sized(picture: alt.LayerChart, height_px: int) -> alt.LayerChart:
    """Return `picture` as wide as its place on the page."""
    return picture.properties(
        width="container",
        height=height_px,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )


@dataclass(frozen=True)
class Time:
    """The time that all charts of a section have on their axis, and what is shaded in it."""

    first: datetime.date
    last: datetime.date
    periods: tuple[dict[str, str], ...] = ()

    def x(self, column: str = "date") -> alt.X:
        """Return the axis: the same days at the same place in every chart of the section."""
        return alt.X(f"{column}:T", title=None, axis=alt.Axis(format=DAY_LABEL))

    def shades(self) -> alt.LayerChart:
        """Return recessions and crises as bands behind the chart."""
        inside = [
            {**p, "from": max(p["first"], str(self.first)), "to": min(p["last"], str(self.last))}
            for p in self.periods
            if p["last"] > str(self.first) and p["first"] < str(self.last)
        ]
        values = alt.InlineData(inside, format=alt.JsonDataFormat(
            type="json", parse={"from": "date:'%Y-%m-%d'", "to": "date:'%Y-%m-%d'"}
        ))  # fmt: skip
        # All layers share the scale: its ends are two points that nobody sees.
        ends = [{"from": str(self.first)}, {"from": str(self.last)}]
        bands = (
            alt.Chart(values)
            .mark_rect(color=GREY, aria=False)
            .encode(
                x=self.x("from"),
                x2="to:T",
                opacity=alt.condition(
                    "datum.kind === 'recession'", alt.value(0.32), alt.value(0.13)
                ),
            )
        )
        corners = (
            alt.Chart(alt.InlineData(ends, format=values.format))
            .mark_point(opacity=0, aria=False)
            .encode(x=self.x("from"))
        )
        return alt.layer(bands, corners)


@dataclass(frozen=True)
class Look:
    """The tooltip of a chart, its one axis, its height in pixels, its time, and what its tooltip
    needs calculated.
    """

    tooltip: list[alt.Tooltip]
    axis: alt.Axis
    height_px: int
    time: Time | None = None
    calculated: dict[str, str] = field(default_factory=dict)


def signed_area(
    table: alt.NamedData, column: str, keep: str, look: Look, interpolate: str = "linear"
) -> alt.LayerChart:
    """Return an area over time, blue above and orange below a zero line.

    Parameters
    ----------
    table : alt.NamedData
        Rows with a `date` and `column`.
    column : str
        What to draw.
    keep : str
        Vega expression that picks the rows of one series.
    look : Look
        Tooltip of a date, vertical axis and height.
    interpolate : {"linear", "step-after"}
        How two points are joined; a position holds until it changes.

    Returns
    -------
    alt.LayerChart
        Without its parameter, which the caller adds.
    """
    time = look.time
    base = alt.Chart().transform_filter(keep).transform_calculate(**look.calculated)
    base = base.encode(x=time.x() if time else time_axis("date"))
    parts = [
        base.transform_calculate(part=f"{side}(datum.{column}, 0)")
        .mark_area(color=color, opacity=0.75, interpolate=interpolate)
        .encode(y=alt.Y("part:Q", axis=look.axis))
        for side, color in (("max", BLUE), ("min", ORANGE))
    ]
    return stacked([*parts, zero_line(), pointer(base, look.tooltip)], table, look)


def waterfall(
    table_name: str, unit: str, label: str, look: Look, keep: str = "true"
) -> alt.LayerChart:
    """Return bars from one total to the next: grey totals, orange falls, blue rises.

    Parameters
    ----------
    table_name : str
        The page's table with `step_number`, `title`, and `from_` and `to_` followed by `unit`;
        a total starts at zero.
    unit : str
        Last word of the two columns, such as usd.
    label : str
        Vega expression that writes what stands above a bar.
    look : Look
        Tooltip of a bar, in which `change` is its signed length; horizontal axis; height, about
        30 pixels for a bar with its label.
    keep : str
        Vega expression that picks the rows of one series.

    Returns
    -------
    alt.LayerChart
        Without its parameter, which the caller adds.
    """
    start, stop = f"datum.from_{unit}", f"datum.to_{unit}"
    # Thin lines keep a label with its bar, which may lie at the other end of the row.
    row_lines = alt.Axis(
        title=None, labels=False, ticks=False, grid=True, tickBand="extent", minExtent=0
    )
    base = (
        alt.Chart()
        .transform_filter(keep)
        .transform_calculate(
            change=f"{stop} - {start}",
            kind=f"{start} === 0 ? 'total' : {stop} < {start} ? 'fall' : 'rise'",
            label=label,
            change_thousand=f"format(({stop} - {start}) / 1000, '+,.1f')",
            to_thousand=f"format({stop} / 1000, '+,.1f')",
        )
        .encode(y=alt.Y("step_number:O", axis=row_lines))
    )
    bars = base.mark_bar(height=12, yOffset=8).encode(
        x=alt.X(f"from_{unit}:Q", title=None, axis=look.axis),
        x2=f"to_{unit}:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=["total", "fall", "rise"], range=[GREY, ORANGE, BLUE]),
            legend=None,
        ),
        tooltip=look.tooltip,
    )
    # Above its bar a label has the whole width of the page.
    labels = base.mark_text(align="left", dy=-7, color=BLACK, limit=alt.expr("width")).encode(
        x=alt.value(0), text="label:N"
    )
    numbers = {"step_number": "number", f"from_{unit}": "number", f"to_{unit}": "number"}
    return sized(alt.layer(bars, labels, data=data(table_name, numbers)), look.height_px)


def zero_line() -> alt.Chart:
    """Return a thin line at zero."""
    return alt.Chart().mark_rule(color=BLACK, strokeWidth=0.75).encode(y=alt.datum(0))


def time_axis(column: str) -> alt.X:
    """Return an axis of time with the year on its labels."""
    return alt.X(f"{column}:T", title=None, axis=alt.Axis(format=DAY_LABEL))


def stacked(layers: list, table: alt.NamedData, look: Look) -> alt.LayerChart:
    """Return layers over the shades of their time, each with the data of `table`."""
    shades = [look.time.shades()] if look.time else []
    return sized(alt.layer(*shades, *layers, data=table), look.height_px)


def nearest() -> alt.Parameter:
    """Return the selection of what is nearest to a mouse or finger along the axis."""
    return alt.selection_point(
        name="near",
        nearest=True,
        on="pointermove",
        encodings=["x"],
        empty=False,
        clear="pointerout",
    )


def pointer(base: alt.Chart, tooltip: list[alt.Tooltip], column: str = "date") -> alt.Chart:
    """Return a full-height line at the date nearest to a mouse or finger, wherever it is."""
    near = nearest()
    return (
        base.mark_rule(color=GREY, aria=False)
        .encode(
            opacity=alt.condition(near, alt.value(0.7), alt.value(0)),
            tooltip=[alt.Tooltip(f"{column}:T", title="Date", format="%Y-%m-%d"), *tooltip],
        )
        .add_params(near)
    )
