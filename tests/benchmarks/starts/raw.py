"""The bare driver's first program."""

import sqlite3
from datetime import date


class Person:
    def __init__(self, id: int, name: str, age: int, born: date) -> None:
        self.id = id
        self.name = name
        self.age = age
        self.born = born


connection = sqlite3.connect(":memory:", isolation_level=None)
connection.execute(
    "CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, "
    "age INTEGER NOT NULL, born DATE NOT NULL)"
)
connection.execute("BEGIN")
connection.execute(
    "INSERT INTO person (name, age, born) VALUES (?, ?, ?)",
    ("ada", 36, date(1815, 12, 10).isoformat()),
)
connection.execute("COMMIT")
row = connection.execute(
    "SELECT id, name, age, born FROM person WHERE name = ?", ("ada",)
).fetchone()
ada = Person(*row[:3], date.fromisoformat(row[3]))
print(ada.id, ada.name, ada.age, ada.born)
