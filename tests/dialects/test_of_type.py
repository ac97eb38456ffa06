"""Eager and lazy loads of subclasses, of_type() aliases and with_polymorphic(), on every kind of server."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    String,
    aliased,
    case,
    contains_eager,
    defer,
    event,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    relationship,
    select,
    selectin_polymorphic,
    selectinload,
    subqueryload,
    undefer,
    with_polymorphic,
)


class Base(DeclarativeBase):
    pass


class Firm(Base):
    __tablename__ = "firms"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff: Mapped[list[Worker]] = relationship(order_by="Worker.id")


class Worker(Base):
    __tablename__ = "workers"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(10))
    firm_id: Mapped[int] = mapped_column(ForeignKey("firms.id"))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "worker"}


class Coder(Worker):
    __tablename__ = "coders"
    id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10))
    vita: Mapped[str] = mapped_column(String(10), deferred=True)
    machines: Mapped[list[Machine]] = relationship(order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "coder"}


class Boss(Worker):
    __tablename__ = "bosses"
    id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True)
    level: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Machine(Base):
    __tablename__ = "machines"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    coder_id: Mapped[int] = mapped_column(ForeignKey("coders.id"))


@pytest.fixture
def log(engine: Any) -> list[str]:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        staff = [
            Worker(id=1, name="a"),
            Coder(id=2, name="b", language="py", vita="v", machines=[Machine(id=1), Machine(id=2)]),
            Boss(id=3, name="c", level=2),
            Coder(id=4, name="d", language="c", vita="w"),
        ]
        session.add(Firm(id=1, staff=staff))
        session.commit()
    seen: list[str] = []

    def note(conn: Any, cursor: Any, sql: str, args: Any, context: Any, many: bool) -> None:
        seen.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    return seen


@pytest.fixture
def session(engine: Any, log: list[str]) -> Any:
    with Session(engine) as made:
        yield made


def shown(objects: Any) -> list[tuple[int, ...]]:
    """Identities, with the attributes of subclasses that are there."""
    names = ("language", "vita", "machines", "level")
    return [(each.id, *(name for name in names if name in each.__dict__)) for each in objects]


STRATEGIES = [joinedload, selectinload, subqueryload, immediateload, lazyload]
ALL = [(1,), (2, "language"), (3,), (4, "language")]


def load(session: Session, log: list[str], option: Any) -> tuple[list[Any], int]:
    log.clear()
    firm = session.scalars(select(Firm).options(option)).unique().one()
    found = shown(firm.staff)
    return found, len(log)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_subclass_brings_its_columns_and_narrows_nothing(
    session: Session, log: Any, strategy: Any
) -> None:
    count = 1 if strategy is joinedload else 2
    assert load(session, log, strategy(Firm.staff.of_type(Coder))) == (ALL, count)
    session.expunge_all()
    part = Firm.staff.of_type(Coder).and_(Coder.language == "py")
    assert load(session, log, strategy(part)) == ([(2, "language")], count)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("how", [{}, {"flat": True}, {"aliased": True}])
def test_with_polymorphic(session: Session, log: Any, strategy: Any, how: Any) -> None:
    count = 1 if strategy is joinedload else 2
    several = with_polymorphic(Worker, [Coder], **how)
    whole = strategy(Firm.staff.of_type(several))
    assert load(session, log, whole) == (ALL, count)
    session.expunge_all()
    along = [(1,), (2, "language", "machines"), (3,), (4, "language", "machines")]
    assert load(session, log, whole.selectinload(several.Coder.machines)) == (along, count + 1)
    session.expunge_all()
    part = Firm.staff.of_type(several).and_(several.Coder.language == "c")
    assert load(session, log, strategy(part)) == ([(4, "language")], count)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_aliases_are_selected_from(session: Session, log: Any, strategy: Any) -> None:
    count = 1 if strategy is joinedload else 2
    coder, worker = aliased(Coder), aliased(Worker)
    found = load(session, log, strategy(Firm.staff.of_type(coder)))
    assert found == ([(2, "language"), (4, "language")], count)
    session.expunge_all()
    part = Firm.staff.of_type(worker).and_(worker.name > "b")
    assert load(session, log, strategy(part)) == ([(3,), (4,)], count)


def test_limits_per_parent(session: Session, log: Any) -> None:
    option = selectinload(Firm.staff.of_type(Coder)).limit(2)
    assert load(session, log, option) == ([(1,), (2, "language")], 2)
    session.expunge_all()
    worker = aliased(Worker)
    part = Firm.staff.of_type(worker).and_(worker.name > "a")
    assert load(session, log, selectinload(part).limit(2)) == ([(2,), (3,)], 2)


def test_options_that_start_at_a_part(session: Session, log: Any) -> None:
    several = with_polymorphic(Worker, [Coder])
    statement = select(several).order_by(several.id)
    loaded = statement.options(selectinload(several.Coder.machines))
    workers = session.scalars(loaded).all()
    assert shown(workers)[1] == (2, "language", "machines")
    assert len(log) == 2
    session.expunge_all()
    joined = statement.outerjoin(several.Coder.machines).options(
        contains_eager(several.Coder.machines)
    )
    workers = session.scalars(joined).unique().all()
    assert [len(getattr(each, "machines", ())) for each in workers] == [0, 2, 0, 0]
    assert "machines" not in workers[0].__dict__


def test_columns_of_subclasses(session: Session) -> None:
    several = with_polymorphic(Worker, [Coder])
    statement = select(several).order_by(several.id)

    def second(*options: Any) -> Any:
        session.expunge_all()
        return shown(session.scalars(statement.options(*options)))[1]

    assert second(undefer(several.Coder.vita)) == (2, "language", "vita")
    assert second(defer(several.Coder.language)) == (2,)
    assert second(load_only(several.name, several.Coder.vita)) == (2, "vita")
    assert second(load_only(several.name)) == (2,)
    statement = select(Worker).order_by(Worker.id)
    chosen = selectin_polymorphic(Worker, [Coder])
    assert second(chosen) == (2, "language")
    assert second(chosen, undefer(Coder.vita)) == (2, "language", "vita")
    assert second(chosen, load_only(Coder.vita)) == (2, "vita")


def test_the_discriminator_comes_whatever_is_left_out(session: Session, log: Any) -> None:
    workers = session.scalars(select(Worker).options(load_only(Worker.name))).all()
    log.clear()
    assert sorted(each.kind for each in workers) == ["boss", "coder", "coder", "worker"]
    assert not log


def test_a_discriminator_of_the_selectable(session: Session) -> None:
    marked = case((Worker.id == 2, "coder"), else_="worker").label("marked")
    rows = select(Worker.__table__, marked).subquery()
    several = with_polymorphic(Worker, [], selectable=rows, polymorphic_on=rows.c.marked)
    found = session.scalars(select(several).order_by(several.id)).all()
    assert [type(each) for each in found] == [Worker, Coder, Worker, Worker]
