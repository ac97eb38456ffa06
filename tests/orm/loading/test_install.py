"""What works before a Session has loaded the rest of the room."""

from __future__ import annotations

import subprocess
import sys

MODELS = """
from orm import (DeclarativeBase, ForeignKey, Mapped, create_engine, delete, mapped_column,
    relationship, select, update)

class Base(DeclarativeBase):
    pass

class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    pets: Mapped[list["Pet"]] = relationship(lazy="joined")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "any"}

class Friend(Owner):
    __mapper_args__ = {"polymorphic_identity": "friend"}

class Pet(Base):
    __tablename__ = "pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
"""


def run(code: str) -> str:
    """What a program prints that uses these models and has used nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", MODELS + code], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


def test_a_select_is_shown_with_its_eager_joins() -> None:
    assert "LEFT OUTER JOIN pet AS pet_1 ON owner.id = pet_1.owner_id" in run(
        "print(select(Owner))"
    )


def test_statements_are_shown_with_the_conditions_of_their_classes() -> None:
    for statement in ("select(Friend.id)", "update(Friend).values(id=1)", "delete(Friend)"):
        assert "WHERE owner.kind IN" in run(f"print({statement})"), statement


def test_they_are_executed_with_them() -> None:
    code = """
with create_engine("sqlite://").connect() as connection:
    Base.metadata.create_all(connection)
    connection.execute("INSERT INTO owner VALUES (1, 'any'), (2, 'friend')")
    print(connection.execute(select(Friend.id)).all())
"""
    assert run(code) == "[(2,)]"


def test_from_statement_may_be_the_first_that_is_used() -> None:
    assert "FROM owner WHERE owner.kind IN" in run(
        "print(select(Friend).from_statement(select(Friend)))"
    )
