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
- *Import* and *first program* are new interpreters, with byte code compiled before, whose CPU time is taken
  whole, from their start to their exit, less that of an empty one. *Import* is of the names that applications use. The *first program* maps
  a class, makes its table, and writes and reads an object: what a library loads or makes only when it is used
  is in it, too.
- On PostgreSQL the CPU time is the client's; wall time includes the server's, and that of the network. At a
  rollback psycopg forgets the statements that it has prepared, so that code on it never has any where a
  transaction only reads; ours keeps them.
"""

#: case -> why its goal is missed, after a profile
MISSED: dict[str, str] = {
    "get": (
        "Of 20 µs, 5 are BEGIN IMMEDIATE and ROLLBACK, which take the file's write lock because the session "
        "may write (the bare driver's BEGIN takes none, 1 µs), 3 are the SELECT, and 12 some 46 calls of "
        "Python: session and its transaction 4, connection and pool 3, plan, run and hydrator 3, the end of "
        "the object 1."
    ),
    "rows": (
        "Each row is made a Row of its own class: 60 ns, half for making it and half for the garbage collector, "
        "which forgets bare tuples of plain values at first sight and Rows never. Django gives bare tuples, "
        "and sends neither BEGIN nor ROLLBACK."
    ),
    "filter": (
        "Reached in some runs (1.76 to 1.97): of 105 µs, 8 are the session and its transaction over the bare driver's, 7 "
        "the statement and its plan, 15 the objects over those of the bare driver; where other processes empty the caches, "
        "whoever runs more code loses more."
    ),
    "web_read": (
        "Reached on an idle machine (1.33 to 1.48); where other processes empty the caches, whoever runs more "
        "code loses more."
    ),
    "selectin": (
        "Reached in other runs (1.65 to 1.99); where other processes empty the caches, whoever keeps more objects "
        "in memory loses more."
    ),
    "lazy": (
        "Two statements in place of 201; but a statement on SQLite costs the bare driver 5 µs, and both sides "
        "make 2,200 objects, which takes the bare driver half of its time and us 1.2 µs each, three "
        "quarters of ours. Where statements travel, on PostgreSQL, ours take less than the bare driver's."
    ),
    "execute": (
        "Of 20 µs, 5.5 go into building four clauses (67 calls; each clause is a copy of the statement), 1.5 into the "
        "key by which the plan is found, 0.5 into finding it, 5 into the session and the result, and 7 into the "
        "driver. Where the statement is built once and executed often, 12 are left, 1.7 times the bare driver's."
    ),
    "read": (
        "A descriptor of the same name on the class keeps CPython 3.11 from specializing the read, as with "
        "Django's: 12 ns in place of 3. Our values are in a dictionary, because it takes a row's values at "
        "a third of what setting attributes behind a `__setattr__` would cost; 3 ns more at a read."
    ),
    "write": (
        "Reached in most runs (23.5 to 25.6; each process hashes names anew). Of 74 ns, 29 are the call of "
        "`__setattr__`, 20 the object's dictionary and the write itself, 25 its state and the question "
        "whether the change is noted already. A bare write is 3 ns."
    ),
    "web_list": (
        "Building the statement with its loader option and finding its plan takes 10 µs. The rest is two statements, "
        "120 objects and 20 collections, which the bare driver's view makes as plain lists, and the session of the "
        "request."
    ),
    "compile": (
        "Before it is rendered, the statement is analysed for its entities, so that eager joins, loader criteria "
        "and single table inheritance apply wherever it is compiled, which is a fifth of the time. Peewee's SQL is "
        "written straight from the query."
    ),
    "import": (
        "Reached in other runs. 131 modules of ours, and of the standard library's `typing`, `enum`, `re`, `datetime`, `decimal`, "
        "`threading`: three quarters of Pony's instructions, but over more files and more memory, so that whoever "
        "empties the caches takes more of it. A quarter goes into making classes, a fifth into reading byte code, a tenth is "
        "spent by the interpreter at its exit, when it visits and frees what was loaded."
    ),
}
