"""A blog in the manner of the well-known tutorials for Flask-SQLAlchemy, moved over: only its imports and
configuration keys are other ones (docs/howto/from_flask_sqlalchemy.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

import flask_ormsession

HOWTO = (
    Path(flask_ormsession.__file__).parent.parent / "docs" / "howto" / "from_flask_sqlalchemy.md"
)

# As its author wrote it, but for the lines that the guide changes.
BLOG = """
from datetime import UTC, datetime

from flask import Flask, abort, jsonify, redirect, render_template_string, request, url_for
{imports}

db = {database}()

tags = db.Table(
    "tags",
    db.Column("tag_id", db.Integer, db.ForeignKey("tag.id"), primary_key=True),
    db.Column("post_id", db.Integer, db.ForeignKey("post.id"), primary_key=True),
)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True, nullable=False)
    email = db.Column(db.String(120), unique=True, nullable=False)
    posts = db.relationship("Post", backref="author", lazy="dynamic", cascade="all, delete-orphan")

    def __repr__(self):
        return f"<User {{self.username}}>"


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(120), nullable=False)
    body = db.Column(db.Text, nullable=False, default="")
    created = db.Column(db.DateTime, nullable=False, default=lambda: datetime.now(UTC).replace(tzinfo=None))
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"), nullable=False)
    tags = db.relationship("Tag", secondary=tags, lazy="subquery", backref=db.backref("posts", lazy=True))


class Tag(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(30), unique=True)


class PageView(db.Model):
    __bind_key__ = "stats"
    id = db.Column(db.Integer, primary_key=True)
    path = db.Column(db.String(200))


def create_app(config):
    app = Flask(__name__)
    app.config.update(SECRET_KEY="dev", **config)
    db.init_app(app)

    with app.app_context():
        db.create_all()

    @app.post("/users")
    def user_create():
        user = User(username=request.form["username"], email=request.form["email"])
        db.session.add(user)
        db.session.commit()
        return redirect(url_for("user_detail", id=user.id))

    @app.get("/users")
    def user_list():
        users = db.session.execute(db.select(User).order_by(User.username)).scalars()
        return ",".join(user.username for user in users)

    @app.get("/users/<int:id>")
    def user_detail(id):
        user = db.get_or_404(User, id)
        return jsonify(username=user.username, posts=user.posts.count())

    @app.get("/users/by-name/<name>")
    def user_by_name(name):
        user = db.first_or_404(db.select(User).filter_by(username=name), description="no such user")
        return user.email

    @app.get("/old/<name>")
    def user_by_query(name):
        return User.query.filter_by(username=name).first_or_404().email

    @app.post("/users/<int:id>/delete")
    def user_delete(id):
        db.session.delete(db.get_or_404(User, id))
        db.session.commit()
        return redirect(url_for("user_list"))

    @app.post("/posts")
    def post_create():
        author = db.one_or_404(db.select(User).filter_by(username=request.form["author"]))
        post = Post(title=request.form["title"], author=author)
        db.session.add(post)
        for name in request.form.get("tags", "").split():
            tag = db.session.execute(db.select(Tag).filter_by(name=name)).scalar_one_or_none()
            post.tags.append(tag or Tag(name=name))
        try:
            db.session.commit()
        except Exception:
            db.session.rollback()
            abort(400)
        return str(post.id)

    @app.get("/posts")
    def post_list():
        page = db.paginate(db.select(Post).order_by(Post.id.desc()), per_page=2)
        return render_template_string(
            "{{% for post in page %}}{{{{ post.title }}}} by {{{{ post.author.username }}}};{{% endfor %}}"
            "{{% for number in page.iter_pages() %}}[{{{{ number }}}}]{{% endfor %}}",
            page=page,
        )

    @app.get("/old-posts")
    def post_query():
        page = Post.query.order_by(Post.title).paginate(page=request.args.get("page", 1, type=int), per_page=2)
        return ",".join(post.title for post in page.items) + f" of {{page.total}}"

    @app.get("/tags/<name>")
    def tag_detail(name):
        tag = Tag.query.filter_by(name=name).first_or_404()
        return ",".join(sorted(post.title for post in tag.posts))

    @app.post("/seen")
    def seen():
        db.session.add(PageView(path=request.form["path"]))
        db.session.commit()
        return str(PageView.query.count())

    return app
"""


def make_blog() -> ModuleType:
    module = ModuleType("moved_blog")
    imports = "from flask_ormsession import Database"
    exec(BLOG.format(imports=imports, database="Database"), module.__dict__)
    return module


@pytest.fixture
def client(db_url: str, tmp_path: Path) -> Iterator[Any]:
    blog = make_blog()
    app: Flask = blog.create_app(
        {
            "ORM_DATABASE_URL": db_url,
            "ORM_BINDS": {"stats": f"sqlite:///{tmp_path / 'stats.db'}"},
            "ORM_ECHO": False,
            "ORM_ENGINE_OPTIONS": {"pool_pre_ping": True},
        }
    )
    yield app.test_client()
    with app.app_context():
        for engine in blog.db.engines.values():
            engine.dispose()


def add_user(client: Any, name: str) -> Any:
    return client.post("/users", data={"username": name, "email": f"{name}@example.org"})


def test_users(client: Any) -> None:
    response = add_user(client, "ada")
    assert response.status_code == 302
    assert client.get(response.location).json == {"username": "ada", "posts": 0}
    add_user(client, "grace")
    assert client.get("/users").text == "ada,grace"
    assert client.get("/users/by-name/ada").text == "ada@example.org"
    assert client.get("/old/grace").text == "grace@example.org"
    assert client.get("/users/99").status_code == 404
    assert "no such user" in client.get("/users/by-name/nobody").text
    assert client.get("/old/nobody").status_code == 404


def test_a_name_that_is_taken(client: Any) -> None:
    add_user(client, "ada")
    assert add_user(client, "ada").status_code == 500
    assert client.get("/users").text == "ada"


def test_posts_tags_and_pages(client: Any) -> None:
    add_user(client, "ada")
    for title in ("one", "two", "three", "four", "five"):
        answer = client.post("/posts", data={"author": "ada", "title": title, "tags": "x " + title})
        assert answer.status_code == 200
    assert client.post("/posts", data={"author": "nobody", "title": "t"}).status_code == 404
    assert client.get("/posts").text == "five by ada;four by ada;[1][2][3]"
    assert client.get("/posts?page=3").text == "one by ada;[1][2][3]"
    assert client.get("/posts?page=4").status_code == 404
    assert client.get("/old-posts?page=2").text == "one,three of 5"
    assert client.get("/tags/x").text == "five,four,one,three,two"
    assert client.get("/users/1").json["posts"] == 5


def test_deleting_a_user_deletes_the_posts(client: Any) -> None:
    add_user(client, "ada")
    client.post("/posts", data={"author": "ada", "title": "one"})
    assert client.post("/users/1/delete").status_code == 302
    assert client.get("/posts").text == ""
    assert client.get("/users").text == ""


def test_another_bind(client: Any) -> None:
    assert client.post("/seen", data={"path": "/"}).text == "1"
    assert client.post("/seen", data={"path": "/a"}).text == "2"


def test_the_guide_knows_every_key_of_flask_sqlalchemy() -> None:
    guide = HOWTO.read_text()
    for key in (
        "SQLALCHEMY_DATABASE_URI",
        "SQLALCHEMY_BINDS",
        "SQLALCHEMY_ENGINE_OPTIONS",
        "SQLALCHEMY_ECHO",
        "SQLALCHEMY_RECORD_QUERIES",
        "SQLALCHEMY_TRACK_MODIFICATIONS",
    ):
        assert f"`{key}`" in guide
