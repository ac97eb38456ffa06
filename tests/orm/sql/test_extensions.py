"""Syntax extensions: clauses of one's own, at named points of statements."""

from __future__ import annotations

import pytest

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    MetaData,
    Session,
    Table,
    delete,
    exc,
    func,
    insert,
    inspect,
    joinedload,
    literal,
    mapped_column,
    relationship,
    select,
    text,
    update,
)
from orm.dialects import mysql, postgresql
from orm.ext.compiler import compiles
from orm.sql import ClauseElement, SyntaxExtension
from orm.sql.adapt import ClauseAdapter
from orm.sql.cache_key import statement_key
from orm.sql.visitors import Kind

table = Table(
    "t",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("b", Integer),
)


class Words(SyntaxExtension, ClauseElement):
    """A word at one point."""

    inherit_cache = True
    _traverse = (("point", Kind.PLAIN), ("word", Kind.PLAIN))

    def __init__(self, point: str, word: str | None = None) -> None:
        self.point = point
        self.word = word or point

    def apply_to_select(self, statement):
        statement.apply_syntax_extension_point(lambda there: [*there, self], self.point)

    apply_to_insert = apply_to_update = apply_to_delete = apply_to_select


@compiles(Words)
def render_words(element, compiler, **options):
    return f"<{element.word}>"


class Only(SyntaxExtension, ClauseElement):
    """A condition of which a statement has one."""

    inherit_cache = True
    _traverse = (("condition", Kind.CHILD),)

    def __init__(self, condition):
        self.condition = condition

    def apply_to_select(self, statement):
        statement.apply_syntax_extension_point(self.append_replacing_same_type, "post_criteria")


@compiles(Only)
def render_only(element, compiler, **options):
    return f"QUALIFY {compiler.process(element.condition, **options)}"


def flat(statement, **options):
    return " ".join(str(statement.compile(**options)).split())


FULL = (
    select(table.c.id)
    .distinct()
    .prefix_with("PRE")
    .suffix_with("SUF")
    .where(table.c.a == 1)
    .group_by(table.c.b)
    .having(table.c.b > 1)
    .order_by(table.c.id)
    .with_for_update()
)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ("post_select", "SELECT <post_select> PRE DISTINCT t.id FROM"),
        ("pre_columns", "SELECT PRE DISTINCT <pre_columns> t.id FROM"),
        ("post_criteria", "HAVING t.b > :b_1 <post_criteria> ORDER BY"),
        ("post_body", "FOR UPDATE <post_body> SUF"),
    ],
)
def test_the_points_of_a_select(point, expected):
    assert expected in flat(FULL.ext(Words(point)))


@pytest.mark.parametrize(
    ("statement", "point", "expected"),
    [
        (
            insert(table).values(a=1).returning(table.c.id),
            "post_values",
            "INSERT INTO t (a) VALUES (:a) <post_values> RETURNING t.id",
        ),
        (
            insert(table).from_select(["a"], select(table.c.b)),
            "post_values",
            "INSERT INTO t (a) SELECT t.b FROM t <post_values>",
        ),
        (
            update(table).values(a=1).where(table.c.b == 2).returning(table.c.id),
            "post_criteria",
            "UPDATE t SET a=:a WHERE t.b = :b_1 <post_criteria> RETURNING t.id",
        ),
        (
            delete(table).where(table.c.b == 2),
            "post_criteria",
            "DELETE FROM t WHERE t.b = :b_1 <post_criteria>",
        ),
    ],
)
def test_the_points_of_writing_statements(statement, point, expected):
    assert flat(statement.ext(Words(point))) == expected
    with pytest.raises(ValueError, match=rf"no extension point 'pre_columns'; it has {point}"):
        statement.ext(Words("pre_columns"))


def test_a_statement_stays_as_it_is_and_keeps_what_it_has():
    once = select(table.c.id).ext(Words("post_body", "one"))
    twice = once.ext(Words("post_body", "two")).ext(Words("post_criteria"))
    assert flat(once) == "SELECT t.id FROM t <one>"
    assert flat(twice) == "SELECT t.id FROM t <post_criteria> <one> <two>"


def test_one_extension_of_a_class_replaces_another():
    statement = select(table.c.id).ext(Only(table.c.a == 1)).ext(Words("post_criteria", "word"))
    statement = statement.ext(Only(table.c.b == 2))
    assert flat(statement) == "SELECT t.id FROM t <word> QUALIFY t.b = :b_1"


def test_only_extensions_for_this_kind_of_statement_are_taken():
    for wrong in (text("x"), 5, select(table)):
        with pytest.raises(exc.ArgumentError, match="takes a SyntaxExtension"):
            select(table).ext(wrong)
    for statement in (insert(table), update(table), delete(table)):
        with pytest.raises(NotImplementedError, match="Only is not meant for"):
            statement.ext(Only(table.c.a == 1))


def test_extensions_are_part_of_the_structure():
    keys = [
        statement_key(select(table.c.id).ext(each))
        for each in (Only(table.c.a == 1), Only(table.c.a == 2), Only(table.c.b == 1))
    ]
    assert keys[0][0] == keys[1][0]
    assert keys[0][0] != keys[2][0]
    assert [binds[0].value for _, binds in keys] == [1, 2, 1]
    assert keys[0][0] != statement_key(select(table.c.id))[0]


def test_extensions_follow_when_a_statement_is_adapted():
    alias = table.alias("x")
    statement = select(alias.c.id).ext(Only(table.c.a == 1))
    adapted = ClauseAdapter(alias).traverse(statement)
    assert flat(adapted) == "SELECT x.id FROM t AS x QUALIFY x.a = :a_1"


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[int]
    children: Mapped[list[Child]] = relationship(order_by="Child.id")


class Child(Base):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))


class Trailing(SyntaxExtension, ClauseElement):
    """LIMIT, as an extension that every database understands."""

    inherit_cache = True
    _traverse = (("count", Kind.CHILD),)

    def __init__(self, count):
        self.count = count

    def apply_to_select(self, statement):
        statement.apply_syntax_extension_point(lambda there: [self], "post_body")


@compiles(Trailing)
def render_trailing(element, compiler, **options):
    return f"LIMIT {compiler.process(element.count, **options)}"


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for number in (1, 2, 3, 4):
            kids = [Child(id=number * 10 + n) for n in (1, 2)]
            session.add(Parent(id=number, kind=number % 2, children=kids))
        session.commit()
        yield session


def test_objects_are_loaded_with_extensions(session):
    statement = select(Parent).order_by(Parent.id).ext(Trailing(literal(2)))
    assert [each.id for each in session.scalars(statement)] == [1, 2]
    assert [
        each.id for each in session.query(Parent).order_by(Parent.id).ext(Trailing(literal(3)))
    ] == [
        1,
        2,
        3,
    ]


def test_joined_collections_are_added_outside_of_the_extended_statement(session):
    statement = select(Parent).order_by(Parent.id).ext(Trailing(literal(2)))
    found = session.scalars(statement.options(joinedload(Parent.children))).unique().all()
    assert [[child.id for child in each.children] for each in found] == [[11, 12], [21, 22]]


def test_distinct_on_returns_the_first_of_each(session):
    statement = select(Parent.id).ext(postgresql.distinct_on(Parent.kind))
    statement = statement.order_by(Parent.kind, Parent.id.desc())
    if session.bind.dialect.name != "postgresql":
        with pytest.raises(exc.CompileError, match="has no DISTINCT ON"):
            session.scalars(statement)
        return
    assert session.scalars(statement).all() == [4, 3]
    assert session.query(Parent.id).ext(postgresql.distinct_on(Parent.kind)).count() == 2


def test_distinct_on_needs_an_expression():
    with pytest.raises(exc.ArgumentError, match="at least one expression"):
        postgresql.distinct_on()


def test_limit_of_update_and_delete(session):
    changed = (
        update(Parent).where(Parent.id > 1).values(kind=9).ext(mysql.limit(5)).ext(mysql.limit(2))
    )
    removed = delete(Child).where(Child.parent_id == 4).ext(mysql.limit(1))
    if session.bind.dialect.name != "mysql":
        with pytest.raises(exc.UnsupportedCompilationError):
            session.execute(removed, execution_options={"synchronize_session": False})
        return
    options = {"synchronize_session": False}
    assert session.execute(changed, execution_options=options).rowcount == 2
    assert session.execute(removed, execution_options=options).rowcount == 1
    assert session.scalar(select(func.count()).where(Child.parent_id == 4)) == 1


@pytest.mark.parametrize("wrong", [None, -1, "3", 1.5])
def test_a_limit_is_a_whole_number(wrong):
    with pytest.raises(exc.ArgumentError):
        mysql.limit(wrong)


@pytest.mark.parametrize("mode", ["auto", "evaluate", "fetch"])
def test_objects_follow_a_statement_that_a_limit_cut_short(session, mode):
    if session.bind.dialect.name != "mysql":
        pytest.skip("only MySQL and MariaDB have UPDATE ... LIMIT")
    parents = session.scalars(select(Parent).order_by(Parent.id)).all()
    children = session.scalars(select(Child).where(Child.parent_id == 1)).all()
    options = {"synchronize_session": mode}
    session.execute(update(Parent).values(kind=9).ext(mysql.limit(1)), execution_options=options)
    session.execute(
        delete(Child).where(Child.parent_id == 1).ext(mysql.limit(1)), execution_options=options
    )
    rows = session.execute(select(Parent.__table__.c.kind).order_by(Parent.__table__.c.id))
    assert [each.kind for each in parents] == list(rows.scalars())
    left = session.scalars(select(Child.__table__.c.id).where(Child.parent_id == 1)).all()
    assert len(left) == 1
    kept, gone = sorted(children, key=lambda each: inspect(each).identity[0] not in left)
    assert kept.id in left
    if gone in session:
        with pytest.raises(exc.ObjectDeletedError):
            _ = gone.id
