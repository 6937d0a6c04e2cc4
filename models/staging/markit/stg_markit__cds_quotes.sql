-- CDS quotes as delivered, one row per line of the files; a value that cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    try_cast(source.date as date) as quote_date,
    {{ entity_code(code_value('source.redcode')) }} as red_code,
    {{ tenor_spelling(code_value('source.tenor')) }} as tenor_code,
    {{ code_value('source.docclause') }} as doc_clause,
    {{ entity_code('source.redcode') }} as red_code_as_delivered,
    {{ tenor_spelling('source.tenor') }} as tenor_as_delivered,
    source.ticker,
    source.tier,
    source.country,
    source.currency,
    {{ number_value('source.parspread') }} as par_spread_dec,
    {{ share_value('source.recovery') }} as recovery_share,
    {{ number_value('source.compositedepth5y') }} as contributor_count,
    source.row_fault,
    source."date as delivered" as quote_date_as_delivered,
    source.docclause as doc_clause_as_delivered,
    source.parspread as par_spread_delivered_dec
from {{ source('markit', 'cds_final') }} as source
