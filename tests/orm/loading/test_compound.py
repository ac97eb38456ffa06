"""Unions of selects of mapped classes: rows, and conditions in each member."""

from __future__ import annotations

from typing import Any

from orm import (
    Mapped,
    Session,
    aliased,
    exists,
    mapped_column,
    select,
    union,
    union_all,
    with_loader_criteria,
)
from orm.loading.compound import make_rows_plan


def test_rows_of_a_union(blog: Any, session: Session) -> None:
    statement = union(
        select(blog.User.id.label("number")).where(blog.User.id < 3),
        select(blog.Post.id).where(blog.Post.id == 2),
    )
    assert sorted(row.number for row in session.execute(statement)) == [1, 2]


def test_criteria_hold_in_every_member(blog: Any, session: Session) -> None:
    only = with_loader_criteria(blog.User, blog.User.id > 8)
    members = [select(blog.User.id).where(blog.User.id % 2 == rest) for rest in (0, 1)]
    statement = union_all(*members).options(only)
    assert str(statement).count("users.id > ") == 2
    assert sorted(session.scalars(statement)) == [9, 10]
    whole = select(blog.User).from_statement(union_all(*[select(blog.User)] * 2)).options(only)
    assert {user.id for user in session.scalars(whole)} == {9, 10}


def test_single_table_inheritance_holds_in_every_member() -> None:
    from orm import DeclarativeBase, create_engine

    class Base(DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "animal"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Animal(id=1), Dog(id=2)])
        session.commit()
        assert session.scalars(union(select(Dog.id), select(Dog.id))).all() == [2]
    engine.dispose()


def test_the_plan_is_compiled_once(blog: Any, session: Session) -> None:
    def statement(low: int) -> Any:
        return union(select(blog.User.id).where(blog.User.id > low), select(blog.Post.id))

    session.execute(statement(1)).all()
    size = len(session.get_bind()._compiled_cache)
    session.execute(statement(5)).all()
    assert len(session.get_bind()._compiled_cache) == size


def test_criteria_of_one_alias(blog: Any, session: Session) -> None:
    one, two = aliased(blog.User), aliased(blog.User)
    statement = (
        select(one.id, two.id)
        .where(one.id == two.id)
        .options(with_loader_criteria(one, one.id > 9))
    )
    assert session.execute(statement).all() == [(10, 10)]
    assert str(statement).count(" > ") == 1


def test_criteria_of_what_a_subquery_selects_from_itself(blog: Any) -> None:
    only = with_loader_criteria(blog.Post, blog.Post.title != "x")
    inner = exists().where(blog.Post.user_id == blog.User.id)
    assert str(select(blog.User.id).where(inner).options(only)).count("posts.title != ") == 1
    outer = with_loader_criteria(blog.User, blog.User.name != "x")
    assert str(select(blog.User.id).where(inner).options(outer)).count("users.name != ") == 1


def test_a_plan_of_rows_names_what_is_selected(blog: Any) -> None:
    dialect = blog.engine.dialect
    compiled = select(blog.User.id, blog.User.name).compile(dialect=dialect)
    plan = make_rows_plan(dialect, compiled)
    assert list(plan.layout.keys) == ["id", "name"]
    assert plan.rows.width == 2
