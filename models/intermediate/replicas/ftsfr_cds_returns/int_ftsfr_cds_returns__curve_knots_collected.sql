-- Bill and zero yields of the curve under the published CDS returns, on days that have all of them.
-- Grain: one row per curve_date.
-- Tie-break: of several lines of one date the first of each file.
-- Drops: the last date, as the published code does.

with

zeros as (

    select * from {{ ref('stg_fed__yield_curve_params') }}

),

bills as (

    select * from {{ ref('stg_fed__bill_yields') }}

),

final as (

    select
        zeros.curve_date,
        {% for year in range(1, 31) -%}
            zeros.zero_yield_{{ year }}y_dec,
        {% endfor -%}
        bills.bill_yield_3m_dec,
        bills.bill_yield_6m_dec
    from zeros
    inner join bills on zeros.curve_date = bills.curve_date
    where
        bills.bill_yield_3m_dec is not null
        and bills.bill_yield_6m_dec is not null
        {% for year in range(1, 31) -%}
            and zeros.zero_yield_{{ year }}y_dec is not null
        {% endfor %}
    qualify
        row_number() over (
            partition by zeros.curve_date order by zeros.source_row_number, bills.source_row_number
        ) = 1
        and zeros.curve_date < max(zeros.curve_date) over ()

)

select * from final
