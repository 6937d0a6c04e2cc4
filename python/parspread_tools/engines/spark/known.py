"""What the seam carries: every kind of expression and every function that both engines agree on.

Each name here was seen equal on both engines, as it stands or through a rule. What is not listed
stops the build with the name of the model, because a function may exist on Spark and mean
something else: `log` is base 10 on one engine and natural on the other.
"""

from __future__ import annotations

# Kinds of expression by their class in sqlglot, in lower case.
_SHAPES = """
add alias aliases and any array between bitwiseleftshift boolean bracket case column columns cte
datatype datatypeparam distinct div dot dpipe eq escape except exists filter from group gt gte
having hint identifier if ignorenulls ilike in intdiv intersect interval intervalspan is join
jsonpath jsonpathkey jsonpathroot lambda lateral like limit literal lt lte mod mul neg neq not
null nullsafeeq nullsafeneq or order ordered paren pivot pivotany
propertyeq qualify select slice star struct sub subquery table tablealias tuple union
unpivotcolumns values var where window windowspec with with_ withingroup
"""
# Functions by their class in sqlglot.
_FUNCTIONS = """
abs anyvalue argmax argmin array arrayagg arrayappend arrayconcat arraycontains arraysize
arrayuniqueagg atanh avg bitwiseoragg bitwisexoragg cast ceil coalesce concat concatarray
concatws contains corr cosh count countif covarsamp currentversion date dateadd datediff
datefromparts datesub datetrunc day dayofmonth dayofweek dayofweekiso denserank endswith exp
explode extract firstvalue floor format generateseries greatest groupconcat groupingsets isinf
isnan jsonextract jsonextractscalar jsonformat jsonkeys jsonkeyvalue jsonobject jsonobjectkeys
lag last lastday lastvalue lead least left length list ln logicaland logicalor lower
makeinterval max md5 md5digest median min mod month ntile nullif pad percentilecont percentrank
pow quarter rank regexpextract regexpfullmatch regexplike regexpreplace regrcount regrintercept
regrslope replace reverse right round rownumber sign sinh sortarray split splitpart sqrt
startswith stddevsamp strposition strtodate substring sum tanh timestamptrunc timetostr trim
trycast unnest upper variance year
"""
# Functions that sqlglot has no class for.
_NAMES = """
bit_count generate_subscripts hash isfinite json_exists json_keys json_object_keys list_concat
list_count list_product list_sum ltrim md5_number_lower md5_number_upper product round_even
rtrim to_json to_months
"""
# What sqlglot would say wrongly or not at all: a rule has to have taken these away.
_TAKEN_AWAY = """
currentversion datediff dayofweekiso format generateseries groupconcat jsonformat jsonkeyvalue
jsonobject regexpfullmatch slice
"""
SHAPES, FUNCTIONS, NAMES = set(_SHAPES.split()), set(_FUNCTIONS.split()), set(_NAMES.split())
TAKEN_AWAY = set(_TAKEN_AWAY.split())
TAKEN_AWAY_NAMES = NAMES - {"bit_count", "rtrim", "ltrim", "json_object_keys"}
