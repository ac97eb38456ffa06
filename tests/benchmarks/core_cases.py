"""The cases of the SQL core: connections and tables, no session and no classes."""

from __future__ import annotations

from typing import Any

from tests.benchmarks import data
from tests.benchmarks.cases import Steps

COLUMNS = ("id", "name", "email", "age", "score")


class CoreOfLibrary:
    """With `lib` and `engine` of the library, whose Person has a Table."""

    def core_rows(self: Any) -> Steps:
        """Rows of a connection, as tuples with names."""
        table = self.lib.Person.__table__
        yield
        with self.engine.connect() as connection:
            statement = self.lib.select(*[table.c[name] for name in COLUMNS])
            found = connection.execute(statement.order_by(table.c.id).limit(data.LOADED)).all()
        yield
        return len(found), tuple(found[-1])

    def core_execute(self: Any) -> Steps:
        """One statement, made once, with other parameters each time."""
        table = self.lib.Person.__table__
        statement = self.lib.select(table.c.id, table.c.name).where(
            table.c.id == self.lib.bindparam("n")
        )
        total = 0
        with self.engine.connect() as connection:
            yield
            for number in range(1, 301):
                total += connection.execute(statement, {"n": number}).one().id
            yield
        return total

    def core_insert(self: Any) -> Steps:
        """executemany."""
        table = self.lib.Person.__table__
        values = [data.new_person(n) for n in range(data.LOADED)]
        with self.engine.connect() as connection:
            connection.begin()
            yield
            connection.execute(self.lib.insert(table), values)
            yield
            found = connection.scalar(self.lib.select(self.lib.func.count()).select_from(table))
            connection.rollback()
        return found


class CoreOfDriver:
    """The same on the bare driver."""

    def core_rows(self: Any) -> Steps:
        """As `rows`: the driver knows no sessions."""
        return (yield from self.rows())

    def core_execute(self: Any) -> Steps:
        """One text with other values each time."""
        sql = self.sql("SELECT id, name FROM person WHERE id = ?")
        total = 0
        with self.transaction() as connection:
            yield
            for number in range(1, 301):
                ((found, _name),) = connection.execute(sql, (number,)).fetchall()
                total += found
            yield
        return total

    def core_insert(self: Any) -> Steps:
        """As `bulk`."""
        return (yield from self.bulk())
