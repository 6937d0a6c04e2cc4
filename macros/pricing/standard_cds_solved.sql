{#- Secant steps on logarithms, in which a par spread is all but a straight line of its flat hazard. -#}
{% macro standard_cds_solved() -%}
    list_transform(
        [list_transform(
            given.spreads,
            lambda spread: list_transform(
                [exp(list_reduce(
                    -- All alike: the first is where the search begins, the others are only counted.
                    list_transform(range(9), lambda i: {
                        'x': ln(365 / 360 * greatest(spread, 1e-15::double) / given.loss),
                        'last_x': null::double,
                        'last_miss': null::double
                    }),
                    lambda state, i: list_transform(
                        [{{ standard_cds_legs('exp(state.x)') }}],
                        lambda legs: list_transform(
                            [ln(legs.protection / legs.annuity / greatest(spread, 1e-15::double))],
                            lambda miss: {
                                'x': case
                                    when state.last_miss is null then state.x - miss
                                    when miss = state.last_miss or miss = 0 then state.x
                                    else state.x - miss * (state.x - state.last_x) / (miss - state.last_miss)
                                end,
                                'last_x': state.x,
                                'last_miss': miss
                            }
                        )[1]
                    )[1]
                ).x)],
                lambda hazard: {'hazard': hazard, 'legs': {{ standard_cds_legs('hazard') }}}
            )[1]
        )],
        lambda solved: list_transform(
            [list_transform(solved, lambda s: 100 * (s.legs.protection - given.coupon * s.legs.annuity))],
            lambda upfronts: case when solved[2].hazard < 50 then {
                'hazard_dec': solved[1].hazard,
                'rpv01_years': solved[1].legs.annuity,
                'upfront_pct_par': upfronts[1],
                'price_pct_par': 100 - upfronts[1],
                'accrued_pct_par': 100 * given.coupon * cut.accrued,
                'cs01_usd_per_bp_per_mm': 10000 * (upfronts[2] - upfronts[1])
            } end
        )[1]
    )[1]
{%- endmacro %}


{#- Both legs at settlement: m0 and m1 are integrals of exp(-x u) and u exp(-x u) over u from 0 to 1. -#}
{% macro standard_cds_legs(hazard) -%}
    list_transform(
        [list_transform([{{ hazard }}], lambda h: list_transform(
            list_transform(cut.pieces, lambda p: {
                'x': p.fall + h * p.step, 'step': p.step, 'since': p.since,
                'default': exp(p.log_at - h * p.at) * h * p.step
            }),
            lambda p: list_transform(
                [if(
                    abs(p.x) < 0.2,
                    0.5 - p.x * (
                        1 / 6 + p.x * (-1 / 24 + p.x * (1 / 120 + p.x * (-1 / 720 + p.x * (1 / 5040 + p.x * (
                            -1 / 40320 + p.x * (1 / 362880 - p.x / 3628800)
                        ))))
                    )),
                    (1 - (1 - exp(-p.x)) / p.x) / p.x
                )],
                lambda half: {
                    'protection': p.default * (1 - p.x * half),
                    'accrual': p.default * (p.step * (1 - (1 + p.x) * half) + p.since * (1 - p.x * half))
                }
            )[1]
        ))[1]],
        lambda defaults: {
            'protection': given.loss * cut.forward * list_sum(list_transform(defaults, lambda d: d.protection)),
            'annuity': cut.forward * (
                list_sum(list_transform(
                    cut.coupons, lambda c: c.coupon * exp(c.log_paid - {{ hazard }} * c.end)
                ))
                + 365 / 360 * list_sum(list_transform(defaults, lambda d: d.accrual))
            ) - cut.accrued
        }
    )[1]
{%- endmacro %}
