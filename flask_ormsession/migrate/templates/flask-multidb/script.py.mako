<%!
import re
%>"""${message}

Revision: ${up_revision}
Follows: ${down_revision | comma,n}
Made: ${create_date}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade(engine_name: str = "") -> None:
    run("upgrade", engine_name)


def downgrade(engine_name: str = "") -> None:
    run("downgrade", engine_name)


def run(direction: str, engine_name: str) -> None:
    """Call the function for a database; one that came later has none here."""
    function = globals().get(f"{direction}_{engine_name}")
    if function is not None:
        function()

<% keys = [key.strip() for key in config.get_main_option("databases", "").split(",") if key.strip()] %>\
% for name in [""] + [re.sub(r"\W", "_", key) for key in keys]:

def upgrade_${name}() -> None:
    ${context.get(f"{name}_upgrades") or "pass"}


def downgrade_${name}() -> None:
    ${context.get(f"{name}_downgrades") or "pass"}

% endfor
