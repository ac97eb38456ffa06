"""What the page says in words: what the raw side does, and why a goal is missed."""

from __future__ import annotations

LEGEND = """
## What is compared

The bare driver's side is what a careful programmer would write for the same outcome: it takes its connection
from a list, works in a transaction (BEGIN; ROLLBACK or COMMIT at the end) where a session does, uses one
cursor per statement and `fetchall()`, converts values as the libraries do (dates, booleans, Decimal, Enum,
JSON and UUID on SQLite, which stores texts and numbers), and makes plain objects with a constructor. Where
rows repeat an object, a dictionary by key keeps it unique. New rows go in by the hundred in one
`INSERT ... VALUES (...), (...) RETURNING`, matched by ascending keys; updates by `executemany`; deletes by
`IN` lists of 500.

- *Fresh session* cases open a session (a transaction of the bare driver) for every execution.
- Flushes are timed alone: making, loading and changing the objects comes before the clock starts.
- Django and Peewee have no session and read in autocommit, without BEGIN and ROLLBACK. Django tracks no
  changes and keeps no identity map, hence its attribute writes and its memory.
- *Plain access* reads a collection of 200 objects with no loader option: the bare driver and the others
  send 201 statements, ours 2.
- Attribute accesses are unrolled, a hundred to a turn of the loop. Memory is counted by tracemalloc.
- The Flask views are called by Flask's test client. *Overhead* is what is left when the time of the same
  view without a database is subtracted.
- On PostgreSQL the CPU time is the client's; wall time includes the server's, and that of the network.
"""

#: case -> why its goal is missed, after a profile
MISSED: dict[str, str] = {}
