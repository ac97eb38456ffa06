"""Peewee's first program."""

from datetime import date

from peewee import CharField, DateField, IntegerField, Model, SqliteDatabase

database = SqliteDatabase(":memory:")


class Person(Model):
    name = CharField(80)
    age = IntegerField()
    born = DateField()

    class Meta:
        database = database


database.create_tables([Person])
with database.atomic():
    Person(name="ada", age=36, born=date(1815, 12, 10)).save()
ada = Person.get(Person.name == "ada")
print(ada.id, ada.name, ada.age, ada.born)
