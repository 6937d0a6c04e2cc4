"""The house rules that a reader relies on, checked on the compiled project itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from conftest import ROOT, Build
from parspread_tools.report.numbers import is_numeric, unit_of

# Yields, zero rates, implied risk-free rates, hazards and spreads over a curve.
RATE = re.compile(r"yield|(^|_)(rates?|rf|fr|hazard)(_|$)|z_spread|z_surrogate|asset_swap|_cds_r\d")
COMPOUNDING = re.compile(
    r"continuous|effective annual|bond[ -]equivalent|twice a year|semi-annual|simple interest"
)
# How often something was right, and dollars.
NOT_COMPOUNDED = {
    "hit_rate_share",
    "macrocredit_hit_rate_share",
    "aponyx_hit_rate_share",
    "rates_pnl_usd",
    "rates_pnl_usd_per_mm",
    "rates_usd",
}
# Rules of a strategy are declared once, beside the seed that holds them; variants have the columns
# of the strategies' days.
DESCRIBED_ELSEWHERE = {"dim_strategies", "fct_variant_days"}
PUBLIC_LAYERS = ("marts", "reports")
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "seed", "intermediate"},
    "marts": {"staging", "seed", "intermediate", "marts"},
    "reports": {"marts", "seed"},
}


def models(manifest: dict) -> list[dict]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]


def layer(node: dict) -> str:
    return node["fqn"][1] if node["resource_type"] == "model" else node["resource_type"]


def grain_of(node: dict) -> list[str]:
    return node["config"]["meta"].get("grain", [])


def test_every_model_states_its_grain_in_meta_header_and_test(manifest: dict) -> None:
    """Grain is the first thing asked; places that disagree would be worse than none.

    The one data test of a model takes the grain from its meta.
    """
    tests = [
        (node["attached_node"], node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "rules"
    ]
    assert len(tests) == len({model for model, _ in tests})
    wrong = []
    for node in models(manifest):
        grain = grain_of(node)
        header = (ROOT / node["original_file_path"]).read_text()
        stated = re.search(r"Grain: one row per (.+?)\.", header)
        words = re.split(r",\s*|\s+and\s+", stated.group(1)) if stated else []
        is_tested = (node["unique_id"], f"{node['name']}__rules") in tests
        if not grain or sorted(words) != sorted(grain) or not is_tested:
            wrong.append((node["name"], grain, words, is_tested))
    assert wrong == []


def test_every_numeric_column_ends_in_a_unit(manifest: dict) -> None:
    """Ten-fold errors hide in bare numbers."""
    bare = [
        f"{node['name']}.{column['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
        for column in node["columns"].values()
        if is_numeric(column["data_type"]) and unit_of(column["name"]) is None
    ]
    assert bare == []


def test_every_public_rate_names_its_compounding(manifest: dict) -> None:
    """At 6 % bond equivalent and continuous are 9 bp apart, at 15 % 54."""
    silent = [
        f"{node['name']}.{column['name']}"
        for node in models(manifest)
        if layer(node) in PUBLIC_LAYERS
        for column in node["columns"].values()
        if is_numeric(column["data_type"])
        and RATE.search(column["name"])
        and column["name"] not in NOT_COMPOUNDED
        and not COMPOUNDING.search(column["description"])
    ]
    assert silent == []


def test_every_column_of_every_model_is_described_and_typed(manifest: dict) -> None:
    """A description that is missing cannot be wrong, and cannot help."""
    wrong = [
        f"{node['name']}.{column['name']}"
        for node in models(manifest)
        for column in node["columns"].values()
        if not column["description"] or not column["data_type"]
    ]
    undescribed = [node["name"] for node in models(manifest) if not node["description"]]
    assert wrong == [] and undescribed == []


def test_public_models_enforce_a_contract(manifest: dict) -> None:
    """A changed type has to break here, not in a dashboard."""
    loose = [
        node["name"]
        for node in models(manifest)
        if layer(node) in PUBLIC_LAYERS and not node["contract"]["enforced"]
    ]
    assert loose == []


def test_no_model_reads_across_layers(manifest: dict) -> None:
    """Units are converted behind one door, and reports see only what is under contract."""
    forbidden = []
    for node in models(manifest):
        for parent_id in node["depends_on"]["nodes"]:
            kind = "source"
            if not parent_id.startswith("source."):
                kind = layer(manifest["nodes"][parent_id])
            if kind not in MAY_READ[layer(node)]:
                forbidden.append(f"{node['name']} reads {parent_id}")
    assert forbidden == []


def test_every_model_has_its_description_beside_it(manifest: dict) -> None:
    """A missing twin shows in a directory listing."""
    lonely = [
        node["original_file_path"]
        for node in models(manifest)
        if not (ROOT / node["original_file_path"]).with_suffix(".yml").exists()
        and node["name"] not in DESCRIBED_ELSEWHERE
    ]
    assert lonely == []


def test_every_catalog_is_part_of_the_fingerprint_of_catalogs(manifest: dict) -> None:
    [build] = [model for model in models(manifest) if model["name"] == "dim_build"]
    read = {node.split(".")[-1] for node in build["depends_on"]["nodes"]}
    catalogs = {path.stem for path in (ROOT / "seeds" / "catalog").glob("*.csv")}
    assert len(catalogs) > 10 and not catalogs - read


def test_python_models_are_thin() -> None:
    """dbt cannot unit-test a Python model, so there must be nothing in it to test."""
    long = [
        path.name
        for path in (ROOT / "models").rglob("*.py")
        if len([line for line in path.read_text().splitlines() if line.strip()]) > 24
    ]
    assert long == []


def test_every_model_states_its_units_and_its_sign(manifest: dict) -> None:
    """Most overlay errors are signs, and most others are units."""
    silent = [
        (node["name"], word)
        for node in models(manifest)
        for word in ("units", "sign")
        if not node["config"]["meta"].get(word)
    ]
    assert silent == []
    signs = {
        "positive = long credit risk": {"signal", "signal_z", "position", "position_notional_mm"},
        "basis = CDS - bond": {"basis_z_spread_dec", "basis_yield_spread_dec", "mean_basis_bps"},
    }
    wrong = [
        node["name"]
        for node in models(manifest)
        for sign, columns in signs.items()
        if columns & set(node["columns"]) and sign not in node["config"]["meta"]["sign"]
    ]
    assert wrong == []


def test_every_unit_test_of_the_sql_has_passed(sample: Build) -> None:
    """A user's build leaves them out."""
    results = json.loads((sample.home / "target" / "run_results.json").read_text())["results"]
    found = [r["status"] for r in results if r["unique_id"].startswith("unit_test.")]
    written = [
        unit_test
        for file in (ROOT / "models").rglob("*.yml")
        for unit_test in (yaml.safe_load(file.read_text()) or {}).get("unit_tests", [])
    ]
    assert len(written) > 5
    assert found == ["pass"] * len(written)


def test_no_file_names_a_machine_path_or_a_package_host() -> None:
    """A clone has to work anywhere."""
    pattern = re.compile(r"(^|[^.\w])/(root|home)/\w|https?://[^ ]*(pypi|/simple)", re.M)
    names = [
        path
        for folder in ("models", "macros", "seeds", "python", "tests", "docs", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".sql", ".yml", ".md", ".csv", ".lock", ""} and path.is_file()
    ]
    names += [ROOT / name for name in ("requirements.lock", "pyproject.toml", "Makefile")]
    found = [str(path) for path in names if pattern.search(path.read_text(errors="ignore"))]
    assert [name for name in found if Path(name).name != Path(__file__).name] == []


def test_every_locked_package_has_the_digests_of_its_files() -> None:
    """A package that was replaced on its index is refused, whatever its version says."""
    entries = (ROOT / "requirements.lock").read_text().replace("\\\n", "").splitlines()
    assert len(entries) > 70
    assert [e for e in entries if not re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", e)] == []
    assert "--require-hashes -r requirements.lock" in (ROOT / "Makefile").read_text()
