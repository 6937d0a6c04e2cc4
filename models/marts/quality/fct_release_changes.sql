-- What this release changed since the one before, by table and column; filled in when the release is written.
-- Grain: one row per schema_name, table_name, column_name and change_kind.
-- Rows are the same by the grain of their table, with strategy_code in place of run_id.

select
    null::varchar as previous_build_id,
    null::varchar as schema_name,
    null::varchar as table_name,
    null::varchar as column_name,
    null::varchar as change_kind,
    null::bigint as change_count,
    null::varchar as cause
where false
