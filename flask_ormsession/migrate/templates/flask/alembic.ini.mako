# Options of Alembic; none is needed, and the database's URL does not belong here.

[alembic]

# names of new scripts
# file_template = %%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s

# IANA time zone of the dates in new scripts
# timezone = UTC

# longest slug in a file name
# truncate_slug_length = 40

# run env.py for `flask db revision` too
# revision_environment = false
