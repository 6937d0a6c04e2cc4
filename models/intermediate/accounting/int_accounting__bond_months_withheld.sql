-- Delivered bond-months that the as-of date of the build withholds, each with its key as delivered.
-- Grain: one row per source_row_number.

with

withheld as (

    select * from {{ ref('stg_build__withheld_rows') }}
    where data_set = 'desk' and table_name = 'wrds_bond'

),

final as (

    select
        withheld.source_row_number,
        withheld.raw_row_json ->> 'cusip' as cusip_as_delivered,
        {{ code_value("withheld.raw_row_json ->> 'cusip'") }} as cusip,
        {{ code_value("withheld.raw_row_json ->> 'isin'") }} as isin,
        withheld.raw_row_json ->> 'company_symbol' as ticker,
        -- A year of more than four digits, such as 5881580, has no month end that a date can hold.
        case
            when try_cast(withheld.raw_row_json ->> 'date' as date) <= date '9999-12-31'
                then try_cast(withheld.raw_row_json ->> 'date' as date)
        end as observation_date,
        withheld.reject_reason
    from withheld

)

select * from final
