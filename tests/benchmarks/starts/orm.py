"""Our first program."""

from datetime import date

from orm import DeclarativeBase, Mapped, String, create_engine, mapped_column, select, sessionmaker


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    age: Mapped[int]
    born: Mapped[date]


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
Session = sessionmaker(engine)
with Session.begin() as session:
    session.add(Person(name="ada", age=36, born=date(1815, 12, 10)))
with Session() as session:
    ada = session.scalars(select(Person).where(Person.name == "ada")).one()
    print(ada.id, ada.name, ada.age, ada.born)
