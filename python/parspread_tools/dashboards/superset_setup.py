"""Runs inside Superset's environment: its database, one user, and the import. Nothing else is here.

SUPERSET_CONFIG_PATH=... .venv-superset/bin/python superset_setup.py build/superset
"""

import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Bring Superset's database to the state of the files; a second run replaces, and adds none."""
    # Only its own environment has it.
    from flask_migrate import upgrade
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        import superset
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.extensions import appbuilder
        from superset.utils.core import override_user

        upgrade(str(Path(superset.__file__).parent / "migrations"))
        appbuilder.add_permissions(update_perms=True)
        users = appbuilder.sm
        users.sync_role_definitions()
        password = (folder / "password").read_text()
        admin = users.find_user("admin")
        if admin is None:
            role = users.find_role("Admin")
            admin = users.add_user("admin", "Parspread", "Admin", "admin@localhost", role, password)
        files = folder / "assets"
        contents = {
            str(path.relative_to(files)): path.read_text() for path in sorted(files.rglob("*.yaml"))
        }
        with override_user(admin):
            ImportAssetsCommand(contents).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
