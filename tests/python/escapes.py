"""Statements with which a reader could leave the warehouse, and what becomes of each.

    python escapes.py < '{"config": {...}, "first": "...", "statements": [...], "folder": "..."}'

opens the warehouse of a folder afresh for every statement, in a process of its own, and prints what
became of it: `refused`, `ran`, or `killed` where the process or its other connections went down.
Only the standard library and duckdb are needed, so that any version of the engine can be asked.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# {outside} is a file beside the warehouse, {folder} the folder of both.
READS = """
select * from read_text('{outside}')
select * from read_blob('{outside}')
select * from read_csv('{outside}')
select * from read_csv_auto('{outside}')
select * from read_csv(['{outside}', '{outside}'])
select * from read_csv('{folder}/*.csv')
select * from read_csv('{folder}/../*/outside.csv')
select * from read_csv('file://{outside}')
select * from read_csv('https://127.0.0.1:1/a.csv')
select * from read_csv('s3://bucket/a.csv')
select * from read_csv('/dev/stdin')
select * from read_text('/proc/self/environ')
select * from read_text('/etc/passwd')
select * from read_text('outside.csv')
select * from read_text('./parspread.duckdb')
select * from read_parquet('{outside}')
select * from parquet_scan('{outside}')
select * from parquet_schema('{outside}')
select * from parquet_metadata('{outside}')
select * from parquet_file_metadata('{outside}')
select * from parquet_kv_metadata('{outside}')
select * from read_json('{outside}')
select * from read_json_auto('{outside}')
select * from read_json_objects('{outside}')
select * from read_ndjson('{outside}')
select * from read_ndjson_objects('{outside}')
select * from '{outside}'
select * from '{folder}/*.csv'
select * from 'outside.csv'
select * from "{outside}"
from '{outside}' limit 0
select (select count(*) from read_text('{outside}'))
select * from glob('{folder}/*')
select * from glob('/etc/*')
select * from sniff_csv('{outside}')
select * from query('select * from read_text(''{outside}'')')
select * from query_table('{outside}')
with leak as (from read_text('{outside}')) from leak
describe select * from read_csv('{outside}')
summarize select * from read_csv('{outside}')
explain analyze select * from read_csv('{outside}')
prepare leak as select * from read_text('{outside}')
create temp view leak as select * from read_text('{outside}')
create temp table leak as select * from read_text('{outside}')
create temp macro leak() as table select * from read_text('{outside}'); from leak()
pivot '{outside}' on secret
select getenv('HOME')
select json_execute_serialized_sql(json_serialize_sql('from read_text(''{outside}'')'))
from json_execute_serialized_sql(json_serialize_sql('select * from read_text(''{outside}'')'))
"""
WRITES = """
copy (select 1) to '{folder}/written.csv'
copy (select 1) to '{folder}/written.parquet' (format parquet)
copy (select 1) to '{folder}/written.json' (format json)
copy (select 1 as a) to '{folder}/written' (partition_by (a), format csv)
copy name to '{folder}/written.csv'
copy name to '{outside}'
copy (select 1) to '/dev/stderr'
copy name from '{outside}'
copy from database parspread to parspread
export database '{folder}/written'
import database '{folder}'
attach '{folder}/written.duckdb' as other
attach '{folder}/written.duckdb' as other (read_only)
attach '{outside}' as other
attach 'https://127.0.0.1:1/a.duckdb' as other
attach if not exists '{folder}/written.duckdb'
attach 'sqlite:{folder}/written.db' as other
attach ':memory:' as other; copy (select 1) to '{folder}/written.csv'
create table written as select 1
create schema written
create view written as select 1
create macro written() as 1
create sequence written
create type written as enum ('a')
create index written on name (number)
insert into name values (2)
update name set number = 2
delete from name
truncate name
drop table name
alter table name rename to written
comment on table name is 'written'
checkpoint parspread; create table parspread.written as select 1
create persistent secret leaked (type s3, key_id 'a', secret 'b')
create secret leaked (type s3, key_id 'a', secret 'b')
"""
SETTINGS = """
set enable_external_access = true
reset enable_external_access
set global enable_external_access = true
pragma enable_external_access = true
set lock_configuration = false
reset lock_configuration
set allowed_directories = ['/']
set allowed_paths = ['{outside}']
set temp_directory = '{folder}'
pragma temp_directory = '{folder}'
reset temp_directory
set max_temp_directory_size = '1TB'
set memory_limit = '900GB'
set max_memory = '900GB'
reset memory_limit
set threads = 512
pragma threads = 512
set external_threads = 64
set secret_directory = '{folder}'
set extension_directory = '{folder}'
set custom_extension_repository = 'https://127.0.0.1:1'
set allow_unsigned_extensions = true
set allow_community_extensions = true
set autoinstall_known_extensions = true
set autoload_known_extensions = true
set log_query_path = '{folder}/written.log'
set profiling_output = '{folder}/written.json'
pragma profiling_output = '{folder}/written.json'
pragma enable_profiling = 'json'; pragma profile_output = '{folder}/written.json'
set home_directory = '{folder}'
set file_search_path = '{folder}'
set access_mode = 'READ_WRITE'
set disabled_filesystems = ''
set enable_logging = true
set logging_storage = 'file'
install httpfs
install httpfs from '{folder}'
install '{folder}/written.duckdb_extension'
load httpfs
load '{folder}/written.duckdb_extension'
force install spatial from community
update extensions (httpfs)
"""
# DuckDB before version 2 does not lock most of these: the page says so.
LOGGING = """
call enable_logging()
call enable_logging('QueryLog')
call enable_logging(level = 'trace')
call enable_logging(storage = 'file')
call enable_logging(storage_path = '{folder}/written')
call enable_logging('QueryLog', storage = 'stdout')
call disable_logging()
"""
# More than the memory of a test, which no disk may stand in for.
SPILLS = """
select count(*) from (select distinct hash(range) as h, range from range(20_000_000))
"""
READS, WRITES, SETTINGS, LOGGING, SPILLS = (
    text.strip().split("\n") for text in (READS, WRITES, SETTINGS, LOGGING, SPILLS)
)
ESCAPES = [*READS, *WRITES, *SETTINGS, *LOGGING, *SPILLS]
TEST_MEMORY = {"memory_limit": "200MB"}


def outcome(statement: str, config: dict[str, str], first: str, folder: Path) -> str:
    """Return what a statement did in a fork: `refused`, `ran` or `killed`."""
    child = os.fork()
    if child == 0:
        import duckdb

        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        connection = duckdb.connect(str(folder / "parspread.duckdb"), config=config)
        other = connection.cursor()
        if first:
            connection.execute(first)
        try:
            connection.execute(statement).fetchall()
            code = 1
        except duckdb.Error:
            code = 0
        try:
            sound = other.execute("select number from name").fetchall() == [(1,)]
            connection.close()
            other.close()
        except duckdb.Error:
            sound = False
        os._exit(code if sound else 2)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {0: "refused", 1: "ran"}.get(code, "killed")


def main() -> None:
    """Try all statements that standard input lists."""
    import duckdb

    asked = json.load(sys.stdin)
    folder = Path(asked["folder"])
    os.chdir(folder)
    outcomes = {
        statement: outcome(
            statement.format(outside=folder / "outside.csv", folder=folder),
            asked["config"],
            asked.get("first", ""),
            folder,
        )
        for statement in asked["statements"]
    }
    print(json.dumps([duckdb.__version__, outcomes]))


if __name__ == "__main__":
    main()
