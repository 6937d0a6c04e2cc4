-- Every session of portfolios, and of strategies that have limits: exposure, P&L by component, drawdown.
-- Grain: one row per book_code and date.
-- Positions of members in one instrument net first. Names of one index default together, those of different
-- indices do not hedge each other: jump to default adds up the indices in which it is a loss.

{% set amounts = pnl_parts() | map('replace', 'roll_down', 'roll') | list %}

with

books as (

    select * from {{ ref('int_cdx_overlay__books_marked') }}

),

by_instrument as (

    select
        books.book_code,
        books.session_date,
        books.instrument_code,
        max(books.book_kind) as book_kind,
        max(books.capital_usd) as capital_usd,
        {{ exact_sum('books.position_notional_mm', 'usd') }} as net_notional_mm,
        {{ exact_sum('abs(books.position_notional_mm)', 'usd') }} as gross_notional_mm,
        {{ exact_sum('books.dv01_usd_per_bp', 'usd') }} as dv01_usd_per_bp,
        {{ exact_sum('books.jump_to_default_usd', 'usd') }} as jump_to_default_usd,
        {% for part in amounts -%}
            {{ exact_sum('books.' ~ part ~ '_pnl_usd', 'usd') }} as {{ part }}_pnl_usd,
        {% endfor -%}
        {{ exact_sum(
            'books.opening_cost_usd + books.closing_cost_usd + books.rescaling_cost_usd', 'usd'
        ) }} as trading_cost_usd,
        {{ exact_sum('books.rescaling_cost_usd', 'usd') }} as rescaling_cost_usd,
        {{ exact_sum('books.roll_cost_usd', 'usd') }} as roll_cost_usd,
        {{ exact_sum('books.netting_saving_usd', 'usd') }} as netting_saving_usd
    from books
    group by books.book_code, books.session_date, books.instrument_code

),

by_index as (

    select
        by_instrument.book_code,
        by_instrument.session_date,
        instruments.index_code,
        least({{ exact_sum('by_instrument.jump_to_default_usd', 'usd') }}, 0) as jump_to_default_usd
    from by_instrument
    inner join {{ ref('instruments') }} as instruments
        on by_instrument.instrument_code = instruments.instrument_code
    group by by_instrument.book_code, by_instrument.session_date, instruments.index_code

),

jumps as (

    select
        by_index.book_code,
        by_index.session_date,
        {{ exact_sum('by_index.jump_to_default_usd', 'usd') }} as jump_to_default_usd
    from by_index
    group by by_index.book_code, by_index.session_date

),

members as (

    select
        books.book_code,
        books.session_date,
        count(distinct books.strategy_code) filter (where books.position_notional_mm <> 0)
            as member_count,
        max(books.listed_member_count) - count(distinct books.strategy_code) as absent_member_count
    from books
    group by books.book_code, books.session_date

),

by_day as (

    select
        legs.book_code,
        legs.session_date,
        max(legs.book_kind) as book_kind,
        max(legs.capital_usd) as capital_usd,
        {{ exact_sum('legs.gross_notional_mm', 'usd') }} as gross_notional_mm,
        {{ exact_sum('abs(legs.net_notional_mm)', 'usd') }} as instrument_notional_mm,
        {{ exact_sum('legs.net_notional_mm', 'usd') }} as net_notional_mm,
        max(abs(legs.net_notional_mm)) as largest_notional_mm,
        {{ exact_sum('legs.dv01_usd_per_bp', 'usd') }} as dv01_usd_per_bp,
        {{ exact_sum('abs(legs.dv01_usd_per_bp)', 'usd') }} as gross_dv01_usd_per_bp,
        {% for part in amounts -%}
            {{ exact_sum('legs.' ~ part ~ '_pnl_usd', 'usd') }} as {{ part }}_pnl_usd,
        {% endfor -%}
        {% for name in ['trading_cost', 'rescaling_cost', 'roll_cost', 'netting_saving'] -%}
            {{ exact_sum('legs.' ~ name ~ '_usd', 'usd') }} as {{ name }}_usd,
        {% endfor -%}
        count(*) as instrument_count
    from by_instrument as legs
    group by legs.book_code, legs.session_date

),

summed as (

    select
        by_day.*,
        {% for part in amounts -%}
            by_day.{{ part }}_pnl_usd
            {{- ' + ' if not loop.last }}
        {%- endfor %}
        - by_day.trading_cost_usd - by_day.roll_cost_usd + by_day.netting_saving_usd as net_pnl_usd
    from by_day

),

final as (

    select
        summed.book_code,
        summed.session_date as date,
        summed.book_kind,
        members.member_count,
        members.absent_member_count,
        summed.gross_notional_mm,
        summed.instrument_notional_mm,
        summed.net_notional_mm,
        coalesce(summed.largest_notional_mm / nullif(summed.instrument_notional_mm, 0), 0)
            as largest_instrument_share,
        summed.dv01_usd_per_bp,
        summed.gross_dv01_usd_per_bp,
        jumps.jump_to_default_usd,
        summed.capital_usd,
        summed.gross_notional_mm * 1e6 / summed.capital_usd as leverage_ratio,
        {% for part in amounts -%}
            summed.{{ part }}_pnl_usd,
        {% endfor -%}
        summed.trading_cost_usd,
        summed.rescaling_cost_usd,
        summed.roll_cost_usd,
        summed.netting_saving_usd,
        summed.net_pnl_usd,
        sum(summed.net_pnl_usd) over book_so_far as cumulative_pnl_usd
    from summed
    inner join jumps
        on summed.book_code = jumps.book_code and summed.session_date = jumps.session_date
    inner join members
        on summed.book_code = members.book_code and summed.session_date = members.session_date
    window
        book_so_far as (
            partition by summed.book_code
            order by summed.session_date
            rows between unbounded preceding and current row
        )

)

select
    final.*,
    final.cumulative_pnl_usd
    - greatest(
        max(final.cumulative_pnl_usd) over (
            partition by final.book_code
            order by final.date
            rows between unbounded preceding and current row
        ),
        0
    ) as drawdown_usd
from final
