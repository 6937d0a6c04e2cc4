{% macro standard_cds(spread_bps, coupon_bps, trade_date, maturity_date, curve_years, curve_zero_dec, recovery_share) -%}
    {#- A lambda over a list of one names a value, which an expression has no other way to do. -#}
    {%- set is_priced -%}
        {{ spread_bps }} between 0 and 1000000 and isfinite({{ spread_bps }}::double)
        and isfinite({{ coupon_bps }}::double)
        and {{ recovery_share }} >= 0 and {{ recovery_share }} < 1
        and isfinite({{ trade_date }}::date) and isfinite({{ maturity_date }}::date)
        and {{ maturity_date }}::date > {{ trade_date }}::date
        and date_diff('year', {{ trade_date }}::date, {{ maturity_date }}::date) <= 100
        and len({{ curve_years }}) between 1 and len({{ curve_zero_dec }})
        and len({{ curve_years }}) = len({{ curve_zero_dec }})
        and len(list_filter({{ curve_years }}::double[], lambda y: y > 0 and isfinite(y))) = len({{ curve_years }})
        and len(list_filter({{ curve_zero_dec }}::double[], lambda z: isfinite(z))) = len({{ curve_years }})
        and list_sort(list_distinct({{ curve_years }}::double[])) = {{ curve_years }}::double[]
    {%- endset -%}
    case when {{ is_priced }} then
        list_transform(
            [{
                'spreads': [{{ spread_bps }}::double / 10000, {{ spread_bps }}::double / 10000 + 0.0001],
                'coupon': {{ coupon_bps }}::double / 10000, 'loss': 1 - {{ recovery_share }}::double,
                'trade': {{ trade_date }}::date, 'maturity': {{ maturity_date }}::date,
                'years': list_concat([0.0::double], {{ curve_years }}::double[]),
                'logs': list_concat([0.0::double], list_transform(
                    {{ curve_years }}::double[], lambda y, i: -y * ({{ curve_zero_dec }}::double[])[i]
                ))
            }],
            lambda given: {{ standard_cds_dated() }}
        )[1]
    end
{%- endmacro %}


{#- The full first coupon starts on the last adjusted 20th of a quarter on or before step-in. -#}
{% macro standard_cds_dated() -%}
    list_transform(
        [list_transform(
            [least(given.trade, given.maturity - 2) + 1],
            lambda step_in: list_max(list_filter(
                list_transform(
                    [0, 3, 6],
                    lambda k: {{ following_weekday(
                        "(date_trunc('month', step_in) - to_months((month(step_in) % 3 + k)::integer))::date + 19"
                    ) }}
                ),
                lambda day: day <= step_in
            ))
        )[1]],
        lambda first_day: list_transform(
            [list_transform(
                list_reverse(list_filter(
                    list_transform(
                        range(date_diff('month', first_day, given.maturity) // 3 + 2),
                        lambda j: (given.maturity - to_months((3 * j)::integer))::date
                    ),
                    lambda day: day > first_day
                )),
                lambda day: {{ following_weekday('day') }}
            )],
            lambda pay_days: {{ standard_cds_cut() }}
        )[1]
    )[1]
{%- endmacro %}


{#- Periods, then pieces between the nodes of the curve; times are years of 365 days from the trade. -#}
{% macro standard_cds_cut() -%}
    list_transform(
        [list_transform(
            pay_days,
            lambda pay_day, i: {
                'start': (if(i = 1, first_day, pay_days[i - 1]) - given.trade - 1) / 365.0::double,
                'end': (if(i = len(pay_days), given.maturity + 1, pay_day) - given.trade - 1) / 365.0::double,
                'coupon': (if(i = len(pay_days), given.maturity + 1, pay_day)
                    - if(i = 1, first_day, pay_days[i - 1])) / 360.0::double,
                'log_paid': {{ log_discount('(pay_day - given.trade) / 365.0::double') }}
            }
        )],
        lambda periods: list_transform(
            [{
                'coupons': list_filter(periods, lambda p: p.end > 0),
                'pieces': list_transform(
                    flatten(list_transform(
                        list_filter(periods, lambda p: p.end > 0),
                        lambda p: list_transform(
                            list_concat([greatest(p.start, 0)], list_filter(
                                given.years, lambda y: y > greatest(p.start, 0) and y < p.end
                            )),
                            lambda t, i: {
                                'at': t,
                                'since': t - p.start + 0.5 / 365.0::double,
                                'until': coalesce(list_filter(given.years, lambda y: y > t and y < p.end)[1], p.end)
                            }
                        )
                    )),
                    lambda p: {
                        'at': p.at, 'since': p.since, 'step': p.until - p.at,
                        'log_at': {{ log_discount('p.at') }},
                        'fall': {{ log_discount('p.at') }} - ({{ log_discount('p.until') }})
                    }
                ),
                'forward': exp(-({{ log_discount(
                    "(case when isodow(given.trade) > 5 then 8 - isodow(given.trade) + 2 when isodow(given.trade) < 3 then 3 else 5 end) / 365.0::double"
                ) }})),
                'accrued': greatest(
                    0, given.trade + 1 - coalesce(list_max(list_filter(pay_days[:-2], lambda d: d <= given.trade + 1)), first_day)
                ) / 360.0::double
            }],
            lambda cut: {{ standard_cds_solved() }}
        )[1]
    )[1]
{%- endmacro %}


{% macro log_discount(years) -%}
    list_transform(
        [{{ years }}],
        lambda x: list_transform(
            [greatest(1, least(len(given.years) - 1, len(list_filter(given.years, lambda y: y < x))))],
            lambda k: given.logs[k]
            + (given.logs[k + 1] - given.logs[k]) / (given.years[k + 1] - given.years[k]) * (x - given.years[k])
        )[1]
    )[1]
{%- endmacro %}


{% macro following_weekday(day) -%}
    list_transform([{{ day }}], lambda d: d + if(isodow(d) > 5, 8 - isodow(d), 0)::integer)[1]
{%- endmacro %}
