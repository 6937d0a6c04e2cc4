"""Tables and views made in one statement keep what dbt's own promise: contracts and types."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb

from conftest import ROOT, run_dbt

GOOD = "select 1::integer as a, 2.5::double as b"
MODELS = {
    "good": GOOD,
    "reordered": "select 2.5::double as b, 1::integer as a",
    "aliased": GOOD,
    "good_view": "{{ config(materialized='view') }} " + GOOD,
    "wrong_type": "select '1' as a, 2.5::double as b",
    "missing": "select 1::integer as a",
    "extra": GOOD + ", 3 as c",
    "wrong_view": "{{ config(materialized='view') }} select 1 as a",
    "downstream": "select * from {{ ref('wrong_type') }}",
    # Changes from a table to a view and back.
    "changing": "{{ config(materialized=var('kind')) }} " + GOOD,
}
FILES = {
    "dbt_project.yml": "name: tiny\nprofile: tiny\nflags: {send_anonymous_usage_stats: false}\n"
    "models: {tiny: {+contract: {enforced: true}, +materialized: table}}\n",
    "profiles.yml": "tiny: {target: t, outputs: {t: {type: duckdb, path: tiny.duckdb}}}\n",
    **{f"models/{name}.sql": sql for name, sql in MODELS.items()},
    "models/contract.yml": "models:\n"
    + "".join(
        f"  - name: {name}\n    columns: [{{name: a, data_type: "
        f"{'int' if name == 'aliased' else 'integer'}}}, {{name: b, data_type: double}}]\n"
        for name in MODELS
    ),
}


def test_contracts_hold_and_say_what_is_wrong(tmp_path: Path) -> None:
    """Model, column, declared and found type; nothing of a refused model stays, or is built on."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "macros" / "materializations", project / "macros")
    for name, text in FILES.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    for kind in ("table", "view", "table"):
        build = run_dbt(tmp_path, "run", "--vars", json.dumps({"kind": kind}), project=project)
        with duckdb.connect(str(project / "tiny.duckdb"), read_only=True) as connection:
            found = connection.execute(
                "select table_name, string_agg(column_name || ' ' || data_type, ', ') "
                "from duckdb_columns() where not internal group by all order by all"
            ).fetchall()
            views = connection.execute("select view_name from duckdb_views() where not internal")
            assert (("changing",) in views.fetchall()) == (kind == "view")
        made = ("aliased", "changing", "good", "good_view", "reordered")
        assert found == [(name, "a INTEGER, b DOUBLE") for name in made], build.output
    assert build.exit_code == 1 and "PASS=5 WARN=0 ERROR=4 SKIP=1" in build.output, build.output
    words = {" ".join(line.split()) for line in build.output.splitlines()}
    assert {
        "| a | VARCHAR | INTEGER | data type mismatch |",
        "| b | | DOUBLE | missing in definition |",
        "| c | INTEGER | | missing in contract |",
    } <= words
    for name in ("wrong_type", "missing", "extra", "wrong_view"):
        assert f"Compilation Error in model {name} (models/{name}.sql)" in build.output
