"""How a finished build reaches its readers: releases, the lock of a build, the dbt plugin."""
