"""Input files from public sources: bytes as a source serves them in, files of a data folder out.

    python -m parspread_tools.fetch fed cboe --out data

Nothing is fetched during a build.
"""
