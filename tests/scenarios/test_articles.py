"""Every example of the articles from which people learn the Session, as they wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orm import (
    BigInteger,
    Column,
    DeclarativeBase,
    Engine,
    Integer,
    Session,
    String,
    create_engine,
    event,
    exc as errors,
    inspect,
    select,
    sessionmaker,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True, autoincrement=True)
    fullname = Column(String, nullable=False)


class Astronaut(Base):
    __tablename__ = "astronauts"
    id = Column(Integer, primary_key=True)
    firstname = Column(String(50))
    lastname = Column(String(50))
    born = Column(BigInteger)


CREW = [
    (1, "Melissa", "Lewis", 805766400000),
    (2, "Rick", "Martinez", 822182400000),
    (3, "Alex", "Vogel", 784857600000),
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite:///:memory:")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def john(engine: Engine) -> int:
    with Session(engine) as session:
        user = User(fullname="John Doe")
        session.add(user)
        session.commit()
        return int(user.id)


def _names(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return [user.fullname for user in session.scalars(select(User).order_by(User.id))]


# -- the connection, and the session over it


def test_connection_gives_rows_and_session_gives_objects(engine: Engine, john: int) -> None:
    stmt = select(User).where(User.id == 1)
    with engine.connect() as conn:
        row = conn.execute(stmt).fetchone()
        assert row == (1, "John Doe")
        assert conn.scalars(stmt).first() == 1
    with Session(engine) as session:
        row = session.execute(stmt).fetchone()
        assert row is not None
        assert isinstance(row[0], User)
        found = session.scalars(stmt).first()
        assert found is row[0]


def test_operations_with_objects(engine: Engine) -> None:
    with Session(engine) as session:
        dept = User(fullname="Dept")
        session.add(dept)
        session.commit()
        session.delete(dept)
        session.commit()
    assert _names(engine) == []


def test_engine_execute_and_raw_sql_in_the_session(engine: Engine, john: int) -> None:
    result = engine.execute("SELECT * FROM users;")
    assert [tuple(row) for row in result] == [(1, "John Doe")]
    with Session(engine) as session:
        assert session.execute("SELECT * FROM users").all() == [(1, "John Doe")]
        query = "SELECT fullname FROM users WHERE id = :id"
        assert session.scalar(query, {"id": john}) == "John Doe"


# -- what a session is


def test_create_and_read_before_it_is_stored(engine: Engine) -> None:
    with Session(engine) as session:
        john = User(fullname="John Doe")
        assert john.fullname == "John Doe"
        session.add(john)
        session.commit()
    assert _names(engine) == ["John Doe"]


def test_begin_add_flush_commit_close(engine: Engine) -> None:
    session = Session(engine, autoflush=False)
    session.begin()
    john = User(fullname="John Doe")
    session.add(john)
    assert john.id is None
    session.flush()
    assert john.id == 1
    session.commit()
    assert "fullname" in inspect(john).expired_attributes
    assert john.fullname == "John Doe"
    session.close()
    assert engine.pool.checkedout() == 0 or engine.url.database == ":memory:"
    assert inspect(john).detached


def test_the_same_row_is_the_same_object(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        u1 = session.scalars(select(User).where(User.id == john)).one()
        u2 = session.scalars(select(User).where(User.id == john)).one()
        assert u1 is u2


def test_reading(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        stmt1 = select(User).where(User.fullname == "John Doe")
        (row,) = session.execute(stmt1)
        assert row[0].fullname == "John Doe"
        assert [user.id for user in session.scalars(stmt1)] == [john]
        stmt2 = select(User.id, User.fullname).where(User.fullname == "John Doe")
        assert session.execute(stmt2).all() == [(1, "John Doe")]
        assert session.scalars(stmt2).all() == [1]
        assert session.execute(stmt2).first() == (1, "John Doe")
        assert session.execute(stmt2).one() == (1, "John Doe")
        assert session.execute(stmt2).scalar() == 1
        nobody = select(User).where(User.fullname == "nobody")
        assert session.scalar(nobody) is None
        with pytest.raises(errors.NoResultFound):
            session.scalars(nobody).one()


def test_update_and_dirty(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        user = session.scalar(select(User).where(User.fullname == "John Doe"))
        user.fullname = "Alice"
        assert user in session.dirty
        session.commit()
        assert user not in session.dirty
    assert _names(engine) == ["Alice"]


def test_delete_and_deleted(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        user = session.scalar(select(User).where(User.fullname == "John Doe"))
        session.delete(user)
        assert user in session.deleted
        session.commit()
    assert _names(engine) == []


# -- features of the session


def test_autobegin(engine: Engine) -> None:
    with Session(engine) as session:
        assert not session.in_transaction()
        session.execute("SELECT 1")
        assert session.in_transaction()
    with Session(engine, autobegin=False) as session:
        with pytest.raises(errors.InvalidRequestError, match="session.begin"):
            session.execute("SELECT 1")
    with Session(engine) as session:
        session.autobegin = False
        with pytest.raises(errors.InvalidRequestError):
            session.add(User(fullname="x"))


def test_expiring_loads_at_the_next_access(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        user = session.get_one(User, john)
        session.execute("UPDATE users SET fullname = 'Changed'")
        assert user.fullname == "John Doe"
        session.expire(user)
        assert user.fullname == "Changed"


def test_refreshing_loads_at_once(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        user = session.get_one(User, john)
        session.execute("UPDATE users SET fullname = 'Changed'")
        statements: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        session.refresh(user)
        assert len(statements) == 1
        assert user.fullname == "Changed"
        assert len(statements) == 1


def test_rolling_back(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        user = session.get_one(User, john)
        user.fullname = "Bob"
        session.add(User(fullname="Eve"))
        session.flush()
        assert session.scalars(select(User.fullname)).all() == ["Bob", "Eve"]
        session.rollback()
        assert user.fullname == "John Doe"
        assert not session.new
    assert _names(engine) == ["John Doe"]


def test_expunging_and_merging(engine: Engine, john: int) -> None:
    with Session(engine) as session:
        user = session.get_one(User, john)
        session.expunge(user)
        assert user not in session
        assert inspect(user).detached
        user.fullname = "Merged"
        attached = session.merge(user)
        assert attached is not user
        assert attached in session
        session.commit()
    assert _names(engine) == ["Merged"]


def test_merging_from_another_session_leaves_the_original_there(engine: Engine, john: int) -> None:
    with Session(engine) as first, Session(engine) as second:
        original = first.get_one(User, john)
        copy = second.merge(original)
        assert copy is not original
        assert original in first
        assert copy in second


# -- factories and transactions, in every style


def test_sessionmaker_styles(engine: Engine) -> None:
    factory = sessionmaker(bind=engine)
    session = factory()
    assert isinstance(session, Session)
    session = sessionmaker(bind=engine)()
    assert session.bind is engine
    session = sessionmaker(bind=engine).__call__()
    assert session.bind is engine


def test_begin_with_try_except(engine: Engine) -> None:
    with Session(engine) as session:
        session.begin()
        try:
            session.add(User(fullname="a"))
            session.add(User(fullname="b"))
        except BaseException:
            session.rollback()
            raise
        else:
            session.commit()
    assert _names(engine) == ["a", "b"]


def test_begin_as_a_block(engine: Engine) -> None:
    with Session(engine) as session:
        with session.begin():
            session.add(User(fullname="a"))
            session.add(User(fullname="b"))
    assert _names(engine) == ["a", "b"]


def test_both_blocks_in_one_line(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.add(User(fullname="a"))
        session.add(User(fullname="b"))
    assert _names(engine) == ["a", "b"]

    def fail() -> None:
        with Session(engine) as session, session.begin():
            session.add(User(fullname="c"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _names(engine) == ["a", "b"]


def test_sessionmaker_begin_with_raw_sql(engine: Engine) -> None:
    with engine.begin() as connection:
        rows = [
            dict(zip(("id", "firstname", "lastname", "born"), row, strict=True)) for row in CREW
        ]
        connection.execute(Astronaut.__table__.insert(), rows)
    session = sessionmaker(bind=engine)
    with session.begin() as db:
        result = db.execute("SELECT * FROM astronauts").all()
    assert result == CREW
    with session.begin() as db:
        db.add(User(fullname="stored"))
    assert _names(engine) == ["stored"]


def test_a_file_database_with_echo(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'mydatabase.db'}", echo=True)
    Base.metadata.create_all(engine)
    factory = sessionmaker(bind=engine)
    session = factory()
    new_user = User(fullname="Bob")
    another_user = User(fullname="Charlie")
    session.add(new_user)
    session.add_all([another_user])
    assert new_user in session.new
    session.commit()
    session.close()
    assert _names(engine) == ["Bob", "Charlie"]
    engine.dispose()
