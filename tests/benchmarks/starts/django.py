"""Django's first program."""

from datetime import date

import django
from django.conf import settings
from django.db import connection, models, transaction

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
)
django.setup()


class Person(models.Model):
    name = models.CharField(max_length=80)
    age = models.IntegerField()
    born = models.DateField()

    class Meta:
        app_label = "start"


with connection.schema_editor() as editor:
    editor.create_model(Person)
with transaction.atomic():
    Person(name="ada", age=36, born=date(1815, 12, 10)).save()
ada = Person.objects.get(name="ada")
print(ada.id, ada.name, ada.age, ada.born)
