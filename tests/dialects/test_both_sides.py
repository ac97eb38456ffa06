"""Relationships of a table to itself in whose condition one column stands on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKeyConstraint,
    Integer,
    Mapped,
    Session,
    String,
    aliased,
    exc,
    foreign,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    remote,
    select,
    selectinload,
    subqueryload,
    with_parent,
)
from orm.ext.compiler import compiles
from orm.sql.functions import FunctionElement

LOADERS = [lazyload, joinedload, selectinload, subqueryload]


class position(FunctionElement[int]):
    """Where the second text begins in the first, counted from 1; 0 if it is not there."""

    inherit_cache = True
    name = "position"
    type = Integer()


@compiles(position)
def render_instr(element: Any, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(position, "postgresql")
def render_strpos(element: Any, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


class Base(DeclarativeBase):
    pass


class Folder(Base):
    """The number of a folder is unique within its account only."""

    __tablename__ = "folders"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "parent_id"], ["folders.account_id", "folders.folder_id"]
        ),
    )
    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    folder_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(20))
    parent: Mapped[Folder | None] = relationship(
        back_populates="children", remote_side=[account_id, folder_id]
    )
    children: Mapped[list[Folder]] = relationship(back_populates="parent", order_by="Folder.name")


class Place(Base):
    """A tree by paths: what a place contains begins with its path."""

    __tablename__ = "places"
    path: Mapped[str] = mapped_column(String(50), primary_key=True)
    within = relationship(
        "Place",
        primaryjoin=lambda: remote(foreign(Place.path)).like(Place.path.concat("/%")),
        viewonly=True,
        order_by="Place.path",
    )
    found = relationship(
        "Place",
        primaryjoin=lambda: (
            position(remote(foreign(Place.path)), Place.path + "/").as_comparison(1, 2) == 1
        ),
        viewonly=True,
        order_by="Place.path",
    )


PATHS = ("/a", "/a/x", "/a/x/1", "/a/y", "/b", "/b/x")


@pytest.fixture
def session(engine: Any) -> Any:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for account in (1, 2):
            top = Folder(account_id=account, folder_id=1, name=f"{account}")
            one = Folder(account_id=account, folder_id=2, name=f"{account}.1", parent=top)
            Folder(account_id=account, folder_id=3, name=f"{account}.2", parent=top)
            Folder(account_id=account, folder_id=4, name=f"{account}.1.1", parent=one)
            session.add(top)
        session.add_all([Place(path=path) for path in PATHS])
        session.commit()
        yield session


@pytest.mark.parametrize("loader", LOADERS)
def test_a_folder_has_the_children_of_its_account(session: Session, loader: Any) -> None:
    statement = select(Folder).order_by(Folder.name).options(loader(Folder.children))
    found = {
        each.name: [c.name for c in each.children] for each in session.scalars(statement).unique()
    }
    assert found == {
        "1": ["1.1", "1.2"],
        "1.1": ["1.1.1"],
        "1.1.1": [],
        "1.2": [],
        "2": ["2.1", "2.2"],
        "2.1": ["2.1.1"],
        "2.1.1": [],
        "2.2": [],
    }


@pytest.mark.parametrize("loader", LOADERS)
def test_a_folder_has_the_parent_of_its_account(session: Session, loader: Any) -> None:
    statement = select(Folder).order_by(Folder.name).options(loader(Folder.parent))
    found = {each.name: each.parent and each.parent.name for each in session.scalars(statement)}
    assert found["2.1.1"] == "2.1"
    assert found["2.2"] == "2"
    assert found["1.2"] == "1"
    assert found["2"] is None


def test_statements_stay_within_the_account(session: Session) -> None:
    def names(condition: Any) -> list[str]:
        return list(session.scalars(select(Folder.name).where(condition).order_by(Folder.name)))

    other = aliased(Folder)
    joined = select(Folder.name, other.name).join(Folder.children.of_type(other))
    assert sorted(map(tuple, session.execute(joined))) == [
        ("1", "1.1"),
        ("1", "1.2"),
        ("1.1", "1.1.1"),
        ("2", "2.1"),
        ("2", "2.2"),
        ("2.1", "2.1.1"),
    ]
    one = session.get_one(Folder, (2, 2))
    assert names(Folder.children.any(Folder.name == "2.1")) == ["2"]
    assert names(Folder.parent.has(Folder.name == "2")) == ["2.1", "2.2"]
    assert names(Folder.children.contains(one)) == ["2"]
    assert names(Folder.parent == one) == ["2.1.1"]
    assert names(with_parent(one, Folder.children)) == ["2.1.1"]
    assert names(with_parent(one, Folder.parent)) == ["2"]
    assert names(Folder.parent == None) == ["1", "2"]  # noqa: E711
    assert names(Folder.parent != None) == ["1.1", "1.1.1", "1.2", "2.1", "2.1.1", "2.2"]  # noqa: E711
    assert "2.1.1" not in names(Folder.parent != one)


def test_a_folder_that_leaves_its_parent_stays_in_its_account(session: Session) -> None:
    leaving = session.get_one(Folder, (1, 4))
    leaving.parent = session.get_one(Folder, (1, 3))
    session.commit()
    assert leaving.parent_id == 3
    leaving.parent = None
    session.commit()
    assert (leaving.account_id, leaving.parent_id) == (1, None)
    top = session.get_one(Folder, (1, 1))
    top.children.clear()
    session.commit()
    with_parents = select(Folder.name).where(Folder.parent_id.is_not(None)).order_by(Folder.name)
    assert session.scalars(with_parents).all() == ["2.1", "2.1.1", "2.2"]
    session.add(Folder(account_id=3, folder_id=1, name="3", parent=None))
    session.commit()


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("name", ["within", "found"])
def test_paths_contain_what_begins_with_them(session: Session, loader: Any, name: str) -> None:
    statement = select(Place).order_by(Place.path).options(loader(getattr(Place, name)))
    places = session.scalars(statement).unique()
    assert {each.path: [inner.path for inner in getattr(each, name)] for each in places} == {
        "/a": ["/a/x", "/a/x/1", "/a/y"],
        "/a/x": ["/a/x/1"],
        "/a/x/1": [],
        "/a/y": [],
        "/b": ["/b/x"],
        "/b/x": [],
    }


@pytest.mark.parametrize("name", ["within", "found"])
def test_statements_about_paths(session: Session, name: str) -> None:
    relation = getattr(Place, name)
    inner = aliased(Place)
    joined = select(Place.path, inner.path).join(relation.of_type(inner))
    assert sorted(map(tuple, session.execute(joined)))[-2:] == [("/a/x", "/a/x/1"), ("/b", "/b/x")]
    place = session.get_one(Place, "/a/x/1")

    def paths(condition: Any) -> list[str]:
        return list(session.scalars(select(Place.path).where(condition).order_by(Place.path)))

    assert paths(relation.any()) == ["/a", "/a/x", "/b"]
    assert paths(relation.any(Place.path == "/a/y")) == ["/a"]
    assert paths(relation.contains(place)) == ["/a", "/a/x"]
    assert paths(with_parent(session.get_one(Place, "/a"), relation)) == ["/a/x", "/a/x/1", "/a/y"]


def test_a_comparison_names_arguments_that_are_there() -> None:
    call = position("a", "b")
    with pytest.raises(exc.ArgumentError, match=r"position\(\) has 2, not one at 3"):
        call.as_comparison(1, 3)
    with pytest.raises(exc.ArgumentError, match="not one at 0"):
        call.as_comparison(0, 1)
    comparison = call.as_comparison(2, 1)
    assert comparison.sql_function is call
    assert (comparison.left.value, comparison.right.value) == ("b", "a")
