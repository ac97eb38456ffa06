"""Pony's first program."""

from datetime import date

from pony.orm import Database, Required, db_session

database = Database()


class Person(database.Entity):
    name = Required(str, 80)
    age = Required(int)
    born = Required(date)


database.bind("sqlite", ":memory:")
database.generate_mapping(create_tables=True)
with db_session:
    Person(name="ada", age=36, born=date(1815, 12, 10))
with db_session:
    ada = Person.get(name="ada")
    print(ada.id, ada.name, ada.age, ada.born)
