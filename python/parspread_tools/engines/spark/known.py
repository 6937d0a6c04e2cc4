"""What the seam carries: every kind of expression and every function that both engines agree on.

Each name here was seen equal on both engines, as it stands or through a rule. What is not listed
stops the build with the name of the model, because a function may exist on Spark and mean
something else: `log` is base 10 on one engine and natural on the other.
"""

from __future__ import annotations

# Classes of sqlglot, in lower case.
SHAPES = set(
    """
    select from table tablealias alias column identifier star cte with subquery union except
    intersect values tuple join where group having order ordered limit qualify window windowspec
    distinct lateral paren literal boolean null var datatype datatypeparam interval intervalspan
    case if not is in between and or eq neq gt gte lt lte nullsafeeq nullsafeneq like ilike exists
    add sub mul div intdiv mod neg dpipe filter ignorenulls withingroup aliases dot
    struct propertyeq array bracket slice lambda hint pivot unpivotcolumns jsonpath jsonpathroot
    jsonpathkey any columns placeholder parameter escape with_ pivotany bitwiseleftshift
    """.split()
)
# Functions by their class in sqlglot.
FUNCTIONS = set(
    """
    abs anyvalue argmax argmin array arrayagg arrayappend arraycontains arrayconcat atanh avg
    bitwiseoragg bitwisexoragg cast trycast ceil coalesce concat concatws contains corr cosh count
    countif covarsamp currentversion dateadd datediff datesub date datetrunc day dayofmonth
    dayofweekiso denserank exp explode unnest firstvalue floor format generateseries greatest
    groupconcat jsonextractscalar jsonextract jsonobject jsonkeyvalue jsonkeys jsonformat
    jsonobjectkeys lag last lastday lastvalue lead least left length ln logicaland logicalor lower
    max md5 md5digest median min mod month nullif ntile pad percentilecont percentrank pow quarter
    rank regexpextract regexpfullmatch regexplike regexpreplace replace reverse right round
    rownumber sign sinh split splitpart sqrt startswith endswith stddevsamp strposition strtodate
    substring sum tanh timestamptrunc timetostr trim upper variance year isnan isinf
    dayofweek extract groupingsets regrslope regrcount regrintercept datefromparts concatarray arraysize sortarray arrayuniqueagg list makeinterval
    """.split()
)
# Functions that sqlglot has no class for.
NAMES = set(
    """
    hash isfinite md5_number_lower md5_number_upper round_even to_json to_months list_sum
    list_product list_count bit_count generate_subscripts json_exists json_keys rtrim ltrim
    product list_concat json_object_keys
    """.split()
)
