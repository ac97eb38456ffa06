"""A self-contained ORM with the public names and semantics of SQLAlchemy 2.x."""
