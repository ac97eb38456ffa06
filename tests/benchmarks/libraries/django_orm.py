"""Django's models. It has no session: reads run in autocommit, as in its own documentation."""

from __future__ import annotations

import tracemalloc
from typing import Any

import django
from django.conf import settings

from tests.benchmarks import checks, data, objects
from tests.benchmarks.cases import Steps
from tests.benchmarks.databases import Place


def configure(place: Place) -> None:
    """Point Django at the database; before its models are defined."""
    database: dict[str, Any] = {"NAME": place.name, "CONN_MAX_AGE": None}
    if place.kind == "sqlite":
        database["ENGINE"] = "django.db.backends.sqlite3"
    else:
        database |= {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": place.host,
            "PORT": place.port,
            "USER": place.user,
            "PASSWORD": place.password,
        }
    settings.configure(
        DATABASES={"default": database}, USE_TZ=False, INSTALLED_APPS=["tests.benchmarks"]
    )
    django.setup()


def define_models() -> Any:
    """Define the models, which needs settings; returns a namespace of them."""
    from django.db import models

    class Person(models.Model):
        name = models.CharField(max_length=80)
        email = models.CharField(max_length=120)
        age = models.IntegerField()
        score = models.FloatField()
        city = models.CharField(max_length=60, null=True)
        active = models.BooleanField()
        joined = models.DateTimeField()

        class Meta:
            app_label, db_table = "benchmarks", "person"

    class StatusField(models.CharField):
        def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
            return data.Status[value]

    class Wide(models.Model):
        price = models.DecimalField(max_digits=10, decimal_places=2)
        at = models.DateTimeField()
        status = StatusField(max_length=10)
        payload = models.JSONField()
        token = models.UUIDField()

        class Meta:
            app_label, db_table = "benchmarks", "wide"

    class Parent(models.Model):
        name = models.CharField(max_length=40)

        class Meta:
            app_label, db_table = "benchmarks", "parent"

    class Child(models.Model):
        name = models.CharField(max_length=40)
        parent = models.ForeignKey(Parent, models.CASCADE, related_name="children")

        class Meta:
            app_label, db_table, ordering = "benchmarks", "child", ["id"]

    class Tag(models.Model):
        name = models.CharField(max_length=40)

        class Meta:
            app_label, db_table = "benchmarks", "tag"

    class Article(models.Model):
        title = models.CharField(max_length=40)
        tags = models.ManyToManyField(Tag, through="ArticleTag")

        class Meta:
            app_label, db_table = "benchmarks", "article"

    class ArticleTag(models.Model):
        # Django wants one key column; it is only ever joined here
        article = models.ForeignKey(Article, models.CASCADE, primary_key=True)
        tag = models.ForeignKey(Tag, models.CASCADE)

        class Meta:
            app_label, db_table = "benchmarks", "article_tag"

    return locals()


class DjangoORM:
    """The cases with Django."""

    def __init__(self, place: Place) -> None:
        configure(place)
        from django.db import connection, transaction

        models = define_models()
        self.Person, self.Wide, self.Parent = models["Person"], models["Wide"], models["Parent"]
        self.Article = models["Article"]
        self.atomic = transaction.atomic
        self.set_rollback = transaction.set_rollback
        self.connection = connection

    def load(self, limit: int = data.LOADED) -> Steps:
        yield
        people = list(self.Person.objects.order_by("id")[:limit])
        yield
        return checks.people(people)

    def wide(self) -> Steps:
        yield
        found = list(self.Wide.objects.order_by("id"))
        yield
        return checks.wide(found)

    def rows(self) -> Steps:
        names = ("id", "name", "email", "age", "score")
        yield
        found = list(self.Person.objects.order_by("id").values_list(*names)[: data.LOADED])
        yield
        return len(found), tuple(found[-1])

    def get(self) -> Steps:
        objects_ = self.Person.objects
        total = 0
        yield
        for n in range(1, 301):
            total += objects_.get(pk=n).age
        yield
        return total

    def filter(self) -> Steps:
        objects_ = self.Person.objects
        total = 0
        yield
        for n in range(100):
            total += list(objects_.filter(age=30 + n % 9).order_by("id")[:20])[-1].age
        yield
        return total

    def selectin(self) -> Steps:
        yield
        found = self._with_lists(self.Parent.objects.prefetch_related("children"), "children")
        yield
        return checks.parents(found)

    def _with_lists(self, query: Any, name: str) -> list[Any]:
        """Load, and replace each manager by a list of what was prefetched."""
        found = list(query)
        for each in found:
            each.__dict__[name] = list(getattr(each, name).all())
        return [_View(each, name) for each in found]

    def lazy(self) -> Steps:
        yield
        found = self._with_lists(self.Parent.objects.order_by("id")[:200], "children")
        yield
        return checks.parents(found)

    def m2m(self) -> Steps:
        yield
        found = self._with_lists(self.Article.objects.prefetch_related("tags"), "tags")
        yield
        return checks.articles(found)

    def insert(self, count: int = data.LOADED) -> Steps:
        people = [self.Person(**data.new_person(n)) for n in range(count)]
        with self.atomic():
            yield
            self.Person.objects.bulk_create(people)
            yield
            found = len({person.pk for person in people})
            self.set_rollback(True)
        return found

    def commit(self) -> Steps:
        made = []
        yield
        for n in range(100):
            with self.atomic():
                person = self.Person(**data.new_person(n))
                person.save()
            made.append(person.pk)
        yield
        self.Person.objects.filter(id__gt=data.PEOPLE).delete()
        return len(set(made))

    def bulk(self) -> Steps:
        values = [data.new_person(n) for n in range(data.LOADED)]
        with self.atomic():
            yield
            self.Person.objects.bulk_create([self.Person(**each) for each in values])
            yield
            found = self.Person.objects.count()
            self.set_rollback(True)
        return found

    def update(self) -> Steps:
        with self.atomic():
            people = list(self.Person.objects.order_by("id")[:2000])
            for person in people:
                person.age += 1
            yield
            self.Person.objects.bulk_update(people, ["age"], batch_size=500)
            yield
            total = sum(self.Person.objects.values_list("age", flat=True))
            self.set_rollback(True)
        return total

    def delete(self) -> Steps:
        with self.atomic():
            people = list(self.Person.objects.order_by("id")[:2000])
            yield
            self.Person.objects.filter(pk__in=[person.pk for person in people]).delete()
            yield
            total = self.Person.objects.count()
            self.set_rollback(True)
        return total

    def savepoint(self) -> Steps:
        with self.atomic():
            yield
            for _ in range(300):
                with self.atomic():
                    pass
            yield
        return 300

    def expire(self) -> Steps:
        person = self.Person.objects.get(pk=1)
        yield
        for n in range(100):
            with self.atomic():
                person.age = n
                person.save(update_fields=["age"])
            person.refresh_from_db()
            assert person.age == n
        yield
        return n

    def execute(self) -> Steps:
        objects_ = self.Person.objects
        total = 0
        yield
        for n in range(200):
            query = objects_.filter(id__gt=n, age=20 + n % 40).order_by("id")
            total += list(query.values_list("id", "name")[:4])[-1][0]
        yield
        return total

    def compile(self) -> Steps:
        objects_ = self.Parent.objects
        yield
        for n in range(100):
            query = objects_.filter(
                children__id__in=[1, 2, n], name__startswith="Parent", id__gt=n
            ).order_by("name", "-children__id")[:10]
            text, _parameters = query.query.sql_with_params()
        yield
        return text.count("JOIN")

    def read(self) -> Steps:
        return objects.read_attributes(self.Person.objects.get(pk=1))

    def write(self) -> Steps:
        return objects.write_attributes(self.Person.objects.get(pk=1))

    def memory(self) -> Steps:
        list(self.Person.objects.all()[:1])
        tracemalloc.start()
        yield
        people = list(self.Person.objects.all())
        yield objects.bytes_in_use() / len(people)
        tracemalloc.stop()
        return len(people)


class _View:
    """What the checks read, since a manager cannot be iterated."""

    def __init__(self, owner: Any, name: str) -> None:
        setattr(self, name, owner.__dict__[name])


def open_library(place: Place) -> DjangoORM:
    """Return the cases for a database."""
    return DjangoORM(place)
