-- How many rows each step of the basis leaves out, and why.
-- Grain: one row per method, population and line_number.

select * from {{ ref('fct_sample_attrition') }}
