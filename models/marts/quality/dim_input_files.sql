-- Vendor files that this build read, with their SHA-256 digests.
-- Grain: one row per data_set, table_name and file_name.

select * from {{ ref('stg_build__input_files') }}
