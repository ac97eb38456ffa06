"""Objects to statements: what a flush writes, in which order, and bulk statements without objects."""

from orm.sql.selectable import STATEMENTS as _STATEMENTS
from orm.util.late import late_function as _late_function

# an update or delete may be shown before a Session has loaded what executes it
_STATEMENTS["executed_dml"] = _late_function("orm.flush.criteria_dml", "make_executed_form")
