"""Apache Superset with the dashboards, on this machine alone.

    python -m parspread_tools.dashboards.serve [--python .venv-superset/bin/python] [--port 8088]

Writes `build/superset`: settings with a secret and a password of its own, the files of the import,
which other Supersets take too, and Superset's own database; then serves until it is stopped.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import yaml

from parspread_tools.dashboards import charts, superset_assets

SETUP = Path(__file__).with_name("superset_setup.py")
CONFIG = """\
# Written by make superset. Loopback only, so no certificate; no cache, so that a new release
# is seen at once.
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = {database!r}
TALISMAN_ENABLED = True
# Superset's own policy without the addresses that it would call home to.
TALISMAN_CONFIG = {{
    "content_security_policy": {{
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    }},
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}}
DATA_CACHE_CONFIG = {{"CACHE_TYPE": "NullCache"}}
RATELIMIT_ENABLED = False
ENABLE_PROXY_FIX = False
"""


def prepare(warehouse: Path, folder: Path) -> dict[str, str]:
    """Write settings and imports; return the environment that Superset needs."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in ("secret", "password"):
        if not (folder / name).exists():
            (folder / name).write_text(secrets.token_urlsafe(32))
    database = f"sqlite:///{(folder / 'superset.db').resolve()}"
    secret = (folder / "secret").read_text()
    (folder / "superset_config.py").write_text(CONFIG.format(secret=secret, database=database))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        metrics = charts.definitions(connection)
        boards = charts.dashboards(metrics)
        # The link, not the release that it leads to: the next one is seen as well.
        path = warehouse.parent.resolve() / warehouse.name
        files = superset_assets.assets(connection, path, metrics, boards)
    assets = folder / "assets"
    shutil.rmtree(assets, ignore_errors=True)
    for name, content in files.items():
        (assets / name).parent.mkdir(parents=True, exist_ok=True)
        (assets / name).write_text(yaml.safe_dump(content, sort_keys=False))
    shutil.make_archive(str(folder / "parspread_assets"), "zip", folder, "assets")
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "SUPERSET_CONFIG_PATH": str((folder / "superset_config.py").resolve()),
        "FLASK_APP": "superset.app:create_app()",
        "PYTHONWARNINGS": "ignore",
    }


def set_up(python: Path, folder: Path, environment: dict[str, str]) -> None:
    """Make Superset's own database and import the files; a second time replaces them."""
    command = [str(python.absolute()), str(SETUP), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Superset could not be set up in {folder}:\n{done.stderr[-2000:]}")


def command(python: Path, port: int) -> list[str]:
    """Return the command that serves on this machine alone."""
    serve = ["-m", "flask", "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"]
    return [str(python.absolute()), *serve]


def main(arguments: list[str] | None = None) -> None:
    """Prepare and serve."""
    parser = argparse.ArgumentParser(prog="parspread_tools.dashboards.serve", description=__doc__)
    parser.add_argument("--python", type=Path, default=Path(".venv-superset/bin/python"))
    parser.add_argument("--warehouse", type=Path, default=Path("parspread.duckdb"))
    parser.add_argument("--folder", type=Path, default=Path("build/superset"))
    parser.add_argument("--port", type=int, default=8088)
    options = parser.parse_args(arguments)
    for needed, cure in ((options.warehouse, "make build"), (options.python, "make superset")):
        if not needed.exists():
            sys.exit(f"{needed} must be there; it was not found; run {cure}")
    environment = prepare(options.warehouse, options.folder)
    print("Superset is set up, which takes a minute the first time")
    set_up(options.python, options.folder, environment)
    print(f"http://127.0.0.1:{options.port} user admin, password in {options.folder}/password")
    served = command(options.python, options.port)
    sys.stdout.flush()
    os.execvpe(served[0], served, environment)


if __name__ == "__main__":
    main()
