{% macro matched_bonds(bond_date, is_matchable, unmatchable_status) -%}
matched as (

    select
        bond_maturities.{{ bond_date }},
        bond_maturities.maturity_date,
        chosen.treasury_row_number,
        chosen.treasury_issue_row_number,
        chosen.treasury_maturity_gap_days,
        case
            when chosen.treasury_row_number is not null then 'ok'
            when bond_maturities.{{ is_matchable }} then 'no_treasury_in_window_this_month'
            else '{{ unmatchable_status }}'
        end as treasury_status
    from bond_maturities
    left join chosen
        on
            bond_maturities.{{ bond_date }} = chosen.{{ bond_date }}
            and bond_maturities.maturity_date = chosen.bond_maturity_date

),

final as (

    select
        bonds.source_row_number,
        matched.treasury_row_number,
        matched.treasury_issue_row_number,
        matched.treasury_maturity_gap_days,
        matched.treasury_status
    from bonds
    inner join matched
        on
            bonds.{{ bond_date }} = matched.{{ bond_date }}
            and bonds.maturity_date = matched.maturity_date

)
{%- endmacro %}
