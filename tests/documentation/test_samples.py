"""The Python samples of README.md and docs/, taken from the pages and run as they are printed.

What a page takes for granted (a session, models, a form) stands here before its samples.
"""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

import blog
import pytest
from flask import Flask, g

import orm
from flask_ormsession import Database
from orm import Session, create_engine, event, inspect, select

ROOT = Path(__file__).parents[2]


def find_pages() -> dict[str, list[str]]:
    """The Python samples of each page, by its path."""
    pages = {}
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        found = re.findall(r"^( *)```python\n(.*?)^\1```$", path.read_text(), re.M | re.S)
        if found:
            pages[path.relative_to(ROOT).as_posix()] = [textwrap.dedent(code) for _, code in found]
    return pages


PAGES = find_pages()


@pytest.fixture
def new_module() -> Iterator[Callable[..., ModuleType]]:
    """Make modules for samples, since annotations are looked up in the module of a class."""
    made: list[str] = []

    def make(**names: Any) -> ModuleType:
        module = ModuleType(f"documented_{len(made)}")
        sys.modules[module.__name__] = module
        made.append(module.__name__)
        run("from orm import *", module)
        module.__dict__.update(names)
        return module

    yield make
    for name in made:
        del sys.modules[name]


def run(code: str, module: ModuleType) -> list[Any]:
    """Run a sample; returns the values of what stands there as a bare expression."""
    values = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.Expr):
            values.append(eval(ast.unparse(node), module.__dict__))
        else:
            # Not with the annotations of this module, which are text.
            source = compile(ast.unparse(node), module.__name__, "exec", dont_inherit=True)
            exec(source, module.__dict__)
    return values


def import_file(path: Path, code: str) -> Any:
    """Write a sample to a file and import that, as an application is."""
    path.write_text(code)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def app_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where an `app.py` goes, in the current folder."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "app.py"
    sys.modules.pop("app", None)


def migrate(app: Flask, message: str) -> None:
    """The three commands that make the tables."""
    for command in (["init"], ["migrate", "-m", message], ["upgrade"]):
        result = app.test_cli_runner().invoke(args=["db", *command])
        assert result.exit_code == 0, result.output


def dispose(app: Flask) -> None:
    for engine in app.extensions["ormsession"].engines.values():
        engine.dispose()


@pytest.fixture
def world() -> Iterator[Any]:
    """An app in a request, its Database and Product(name, price, stock)."""
    app = Flask("world")
    app.config.update(ORM_DATABASE_URL="sqlite://", SECRET_KEY="s")
    db: Any = Database(app)

    class Product(db.Model):
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str]
        price: orm.Mapped[int] = orm.mapped_column(default=1)

    with app.test_request_context("/?per_page=2"):
        db.create_all()
        db.session.add_all([Product(name=name) for name in "abcde"])
        db.session.commit()
        yield SimpleNamespace(app=app, db=db, Product=Product)
    dispose(app)


def test_readme(app_file: Path) -> None:
    (code,) = PAGES["README.md"]
    module = import_file(app_file, code)
    app, db = module.app, module.db
    migrate(app, "books")
    assert app.test_client().post("/authors/Ada").status_code == 201
    with app.app_context():
        ada = db.session.scalars(select(module.Author)).one()
        ada.books = [module.Book(title=title) for title in "xyz"]
        db.session.commit()
    app.config["TESTING"] = True
    statements: list[str] = []
    with app.app_context():
        event.listen(
            db.engine, "before_cursor_execute", lambda c, cur, sql, *more: statements.append(sql)
        )
    books = app.test_client().get("/books").json
    assert books == [{"title": title, "by": "Ada"} for title in "xyz"]
    assert len(statements) == 2
    dispose(app)


def test_quickstart(app_file: Path, new_module: Any) -> None:
    app_code, checked = PAGES["docs/tutorial/quickstart.md"]
    module = import_file(app_file, app_code)
    app = module.create_app()
    migrate(app, "notes")
    client = app.test_client()
    assert client.post("/notes/hello").status_code == 201
    assert client.get("/notes").json == ["hello"]
    with app.app_context():
        assert {"db", "session", "Note", "select"} <= app.make_shell_context().keys()
    dispose(app)
    typed = new_module()
    run(checked, typed)
    assert typed.Note.__table__.name == "note"


def test_asyncio(tmp_path: Path, new_module: Any) -> None:
    pytest.importorskip("aiosqlite")
    whole, many = PAGES["docs/howto/asyncio.md"]
    url = f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}"
    code = whole.replace("postgresql+psycopg://localhost/shop", url)
    assert code != whole
    module = new_module()
    many = many.replace("    ...\n", "    seen.append(order.number)\n")
    ending = "async with new_session() as session:\n" + textwrap.indent(many, "    ")
    source = f"{code}\nseen = []\n{ending}\nawait engine.dispose()\n"
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled: CodeType = compile(source, "asyncio.md", "exec", flags, dont_inherit=True)
    started = eval(compiled, module.__dict__)
    assert asyncio.iscoroutine(started)
    asyncio.run(started)
    assert [order.number for order in module.orders] == module.seen == [1]
    assert module.orders[0].items == []


def test_databases(new_module: Any, server_databases: Any) -> None:
    *_schemas, two_phase, recovery = PAGES["docs/howto/databases.md"]
    url = server_databases.url("mariadb")
    module = new_module(orders_engine=create_engine(url), payments_engine=create_engine(url))
    module.engine = module.orders_engine
    run(
        """
class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


class Payment(Base):
    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)


Base.metadata.create_all(engine)
""",
        module,
    )
    run(two_phase, module)
    module.session.add_all([module.Order(id=1), module.Payment(id=1)])
    module.session.commit()
    module.session.close()
    with module.engine.connect() as connection:
        transaction = connection.begin_twophase("left_behind")
        connection.execute("INSERT INTO orders (id) VALUES (2)")
        transaction.prepare()
        connection.invalidate()  # the process dies
    run(recovery, module)
    with module.engine.connect() as connection:
        assert connection.recover_twophase() == []
        assert connection.execute("SELECT id FROM orders").scalars().all() == [1]
    for engine in (module.orders_engine, module.payments_engine):
        engine.dispose()
    server_databases.empty("mariadb")


def test_databases_with_schemas(new_module: Any) -> None:
    whole, in_app, *_two_phase = PAGES["docs/howto/databases.md"]
    app = Flask("customers")
    app.config["ORM_DATABASE_URL"] = "sqlite://"
    db: Any = Database(app)
    with app.app_context():
        attach = "ATTACH ':memory:' AS acme"
        event.listen(db.engine, "connect", lambda connection, record: connection.execute(attach))
        module = new_module(Model=db.Model, engine=db.engine, db=db, g=g)
        run(whole, module)
        assert inspect(db.engine).get_table_names(schema="acme") == ["note"]
        run(in_app, module)
        g.customer = "acme"
        db.session.add(module.Note(text="a"))
        db.session.commit()
        assert db.engine.execute("SELECT text FROM acme.note").scalars().all() == ["a"]
    dispose(app)


def test_from_flask_sqlalchemy(new_module: Any) -> None:
    imports, model = PAGES["docs/howto/from_flask_sqlalchemy.md"]
    _before, after = imports.split("# after\n")
    module = new_module()
    for line in after.splitlines():
        if line.startswith("db ="):  # after one's own base
            run("class Base(DeclarativeBase):\n    pass", module)
        run(line, module)
    assert issubclass(module.db.Model, module.Base)
    typed = new_module()
    run(model, typed)
    assert typed.User.__table__.name == "user"


def test_migrations(new_module: Any) -> None:
    settings, exemption = PAGES["docs/howto/migrations.md"]
    module = new_module(Database=Database, skip_views=lambda *args: True)
    run(settings, module)
    assert module.db.migrations.directory == "shop/migrations"
    assert module.db.migrations.options["compare_server_default"] is True
    created: list[str] = []
    op = SimpleNamespace(create_index=lambda name, *args: created.append(name))
    run(exemption, new_module(op=op))
    assert created == ["ix_settings_key"]


def test_pages(world: Any, new_module: Any) -> None:
    by_number, by_keyset = PAGES["docs/howto/pages.md"]
    module = new_module(db=world.db, Product=world.Product)
    run(by_number, module)
    assert [product.name for product in module.page] == ["a", "b"]
    view = "def view():\n" + textwrap.indent(by_keyset, "    ")
    module.__dict__["as_document"] = lambda product: product.name
    run(f"from flask import jsonify\n{view}", module)
    answer = module.view()
    assert answer.json["items"] == ["a", "b"]
    assert answer.json["next"]


SHOP = """
from flask import Flask, redirect, request
from flask_ormsession import Database
from orm import ForeignKey, Mapped, mapped_column, relationship, select

db = Database()


class Product(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    stock: Mapped[int]


class Order(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    product: Mapped[Product] = relationship()


def create_app(config):
    app = Flask(__name__)
    app.config.update(config)
    app.config["ORM_DATABASE_URL"] = {url!r}
    db.init_app(app)

    @app.post("/orders")
    def order():
        name = request.form["product"]
        product = db.session.scalars(select(Product).filter_by(name=name)).one()
        product.stock -= 1
        db.session.add(Order(product=product))
        return redirect("/orders")

    @app.get("/products")
    def products():
        return [product.name for product in db.session.scalars(select(Product))]

    return app
"""


def test_testing(pytester: pytest.Pytester, tmp_path: Path) -> None:
    app_fixture, no_trace, counting, workers = PAGES["docs/howto/testing.md"]
    pytester.makepyfile(shop=SHOP.format(url=f"sqlite:///{tmp_path / 'shop.db'}"))
    pytester.makeconftest(app_fixture)
    imports = "from orm import select\nfrom shop import Order, Product\n\n"
    pytester.makepyfile(test_shop=imports + no_trace + counting)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=2)
    assert "worker_database(" in workers
    compile(workers, "testing.md", "exec")


def test_transactions(world: Any, new_module: Any) -> None:
    transfer, form = PAGES["docs/howto/transactions.md"]
    db = world.db
    receipts: list[Any] = []

    class Account(db.Model):
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        balance: orm.Mapped[int]

    class User(db.Model):
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str]
        email: orm.Mapped[str] = orm.mapped_column(unique=True)

    db.create_all()
    db.session.add_all([Account(id=1, balance=9), Account(id=2, balance=0)])
    db.session.commit()
    module = new_module(db=db, Account=Account, User=User)
    module.send_receipt = lambda *what: receipts.append(what)
    run(transfer, module)
    module.transfer(1, 2, 5)
    assert [db.session.get(Account, number).balance for number in (1, 2)] == [4, 5]
    assert receipts == [(1, 5)]
    module.UserForm = Form
    module.redirect, module.url_for = lambda to: ("redirect", to), lambda name: name
    module.render_template = lambda name, form: form.errors
    heading = "from orm.exc import IntegrityError\ndef view():\n"
    run(heading + textwrap.indent(form, "    "), module)
    db.session.rollback()
    assert module.view() == ("redirect", "users")
    db.session.commit()
    assert module.view() == ({"email": ["We know this address already."]}, 422)


class Form(dict[str, Any]):
    """As much of a WTForms form as the page needs."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("name", "email"):
            self[name] = SimpleNamespace(data=name, errors=[])
            setattr(self, name, self[name])

    def validate_on_submit(self) -> bool:
        return True

    @property
    def errors(self) -> dict[str, list[str]]:
        return {name: field.errors for name, field in self.items() if field.errors}


def test_typing(new_module: Any) -> None:
    models, dataclass, extension = PAGES["docs/howto/typing.md"]
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        module = new_module(session=session)
        run("class Base(DeclarativeBase):\n    pass", module)
        declaration, queries = models.split("\n\n\n")
        run(declaration, module)
        module.Base.metadata.create_all(engine)
        session.add(module.User(id=1, name="ada"))
        session.flush()
        users, user, count = run(queries, module)
        assert users == [user]
        assert count == 1
    engine.dispose()
    made = new_module()
    points = run(dataclass, made)
    assert points == [made.Point(1, y=2)]
    checked = new_module()
    (note,) = run(extension, checked)
    assert note.text == "a"


COMPANIES = """
class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff: Mapped[list["Employee"]] = relationship()


class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"))
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}


class Engineer(Employee):
    __tablename__ = "engineers"
    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    language: Mapped[str]
    machines: Mapped[list["Machine"]] = relationship()
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Employee):
    __tablename__ = "managers"
    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    report: Mapped[str] = mapped_column(deferred=True)
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Machine(Base):
    __tablename__ = "machines"
    id: Mapped[int] = mapped_column(primary_key=True)
    engineer_id: Mapped[int] = mapped_column(ForeignKey("engineers.id"))


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    deleted: Mapped[bool]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship()
"""


def test_loading(new_module: Any, capsys: pytest.CaptureFixture[str]) -> None:
    lazy, nested, subclasses, expression, criteria, listener = PAGES["docs/explanation/loading.md"]
    engine = create_engine("sqlite://")
    blog.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        blog.fill(connection)
    names = {name: getattr(blog, name) for name in ("User", "Post", "Comment", "Tag")}
    with Session(engine) as session:
        session.execute("DELETE FROM posts WHERE user_id IS NULL")
        module = new_module(session=session, engine=engine, **names)
        statements: list[str] = []
        event.listen(
            engine, "before_cursor_execute", lambda c, cur, sql, *more: statements.append(sql)
        )
        run(lazy, module)
        assert len(statements) == 4
        (several,) = run(nested, module)
        assert session.scalars(several).all()
        session.expunge_all()
        run(listener, module)
        for post in session.scalars(select(blog.Post)):
            post.author
        assert "Post.author for" in capsys.readouterr().out.splitlines()[-1]
    engine.dispose()
    check_company_samples(new_module(rate=2), subclasses, expression, criteria)


def check_company_samples(module: ModuleType, subclasses: str, goods: str, orders: str) -> None:
    """The samples of loading.md about subclasses, expressions and criteria."""
    run("from decimal import Decimal\n" + COMPANIES, module)
    statements = [*run(subclasses, module), *run(goods, module)]
    run(orders, module)
    engine = create_engine("sqlite://")
    module.Base.metadata.create_all(engine)
    with Session(engine) as session:
        engineer = module.Engineer(language="python", machines=[module.Machine()])
        session.add(module.Company(staff=[engineer, module.Manager(report="long")]))
        session.add(module.Good(price=module.Decimal(3)))
        for deleted in (True, False):
            session.add(module.Order(customer=module.Customer(deleted=deleted)))
        session.commit()
        assert all(session.scalars(each).unique().all() for each in statements)
        assert session.scalars(statements[-1]).one().gross == 6
        found = session.scalars(module.statement).all()
        assert [order.customer is None for order in found] == [True, False]
    engine.dispose()


def test_generated_code(new_module: Any, capsys: pytest.CaptureFixture[str]) -> None:
    plan, debugger, setter = PAGES["docs/explanation/generated_code.md"]
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        module = new_module(engine=engine, session=session, Tag=blog.Tag, user=blog.User())
        blog.Base.metadata.create_all(engine)
        run(plan, module)
        printed = capsys.readouterr().out
        assert "# then Tag.posts (selectin)" in printed
        assert "def hydrate(rows, run" in printed
        heading, _, call = debugger.partition("debugger = pdb.Pdb()\n")
        run(heading, module)
        module.debugger = Debugger()
        run(call, module)
        assert module.debugger.file == module.plan.hydrate.__code__.co_filename
        run(setter, module)
        assert "def __setattr__(" in capsys.readouterr().out
    engine.dispose()


class Debugger:
    """A debugger which does not stop."""

    def set_break(self, file: str, line: int) -> None:
        self.file = file

    def runcall(self, function: Callable[[], Any]) -> Any:
        return function()


def test_every_page_with_samples_has_its_test() -> None:
    """Named after it."""
    assert [page for page in PAGES if f"test_{Path(page).stem.lower()}" not in globals()] == []
