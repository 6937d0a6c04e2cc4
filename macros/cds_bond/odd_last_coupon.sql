{% macro odd_last_coupon(bonds) -%}
    {#- The last coupon before maturity where it is more than four days off the schedule counted back from maturity.
        bond_terms counts; of the monthly file the next coupon is the witness: a last coupon off its schedule is a
        mistake, such as half a year before maturity for a bond that pays once a year. -#}
    {%- set frequency = bonds ~ '.coupons_per_year_count' -%}
    case
        when {{ bonds }}.fault_reason is not null or {{ frequency }} not in (1, 2, 3, 4, 6, 12) then null
        when {{ bonds }}.listed_last_coupon_date < {{ bonds }}.maturity_date
            then if({{ days_off_schedule(bonds ~ '.listed_last_coupon_date', bonds ~ '.maturity_date', frequency) }} > 0, {{ bonds }}.listed_last_coupon_date, null)
        when {{ bonds }}.next_coupon_date <= {{ bonds }}.observation_date then null
        when {{ bonds }}.next_coupon_date < {{ bonds }}.maturity_date then
            case
                when {{ days_off_schedule(bonds ~ '.next_coupon_date', bonds ~ '.maturity_date', frequency) }} <= 4
                    then null
                when
                    {{ bonds }}.last_coupon_date >= {{ bonds }}.next_coupon_date
                    and {{ bonds }}.last_coupon_date < {{ bonds }}.maturity_date
                    and {{ days_off_schedule(bonds ~ '.next_coupon_date', bonds ~ '.last_coupon_date', frequency) }} <= 4
                    then {{ bonds }}.last_coupon_date
                else (
                    {{ bonds }}.next_coupon_date + to_months((12 / {{ frequency }} * floor(
                        (date_diff('month', {{ bonds }}.next_coupon_date, {{ bonds }}.maturity_date - 1)
                        - (day({{ bonds }}.next_coupon_date) > day({{ bonds }}.maturity_date - 1))::integer)
                        * {{ frequency }} / 12
                    ))::integer)
                )::date
            end
        -- That mistake has no witness here.
        when
            {{ frequency }} > 1
            and {{ bonds }}.last_coupon_date < {{ bonds }}.maturity_date
            and {{ days_off_schedule(bonds ~ '.last_coupon_date', bonds ~ '.maturity_date', frequency) }} > 4
            then {{ bonds }}.last_coupon_date
    end
{%- endmacro %}
