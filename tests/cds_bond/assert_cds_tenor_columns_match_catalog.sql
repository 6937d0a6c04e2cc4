-- A tenor in the catalog without a column in the wide curve would lose its quotes without a word.

select tenor_code
from {{ ref('cds_tenors') }}
where tenor_code not in ('{{ cds_tenor_codes() | join("', '") }}')
