"""JSON and JSONB columns: items as text, keys, containment and paths, on a real server."""

from __future__ import annotations

import pytest

from orm import Column, Integer, MetaData, Table, exc, select
from orm.dialects.postgresql import JSON, JSONB, VARCHAR, array, dialect

METADATA = MetaData()
DOCS = Table(
    "documents_of_tests",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("b", JSONB),
    Column("j", JSON(astext_type=VARCHAR(9))),
)
B, J = DOCS.c.b, DOCS.c.j
VALUE = {"name": "ann", "tags": ["x", "y"], "deep": {"n": 5}}


@pytest.fixture
def connection(engine):
    with engine.connect() as connection:
        METADATA.create_all(connection)
        connection.execute(DOCS.insert(), {"id": 1, "b": VALUE, "j": VALUE})
        yield connection


CASES = [
    (B["name"].astext, "ann"),
    (B["tags"][1].astext, "y"),
    (B["tags"].astext, '["x", "y"]'),
    (B[("deep", "n")].astext, "5"),
    (J["name"].astext, "ann"),
    (B["name"].astext.like("an%"), True),
    (B.has_key("tags"), True),
    (B.has_any(["no", "name"]), True),
    (B.has_all(["no", "name"]), False),
    (B.has_all(array(["deep", "name"])), True),
    (B.contains({"deep": {"n": 5}}), True),
    (B.contained_by({"name": "ann"}), False),
    (B.delete_path(["tags", 0]), {**VALUE, "tags": ["y"]}),
    (B.delete_path(array(["deep"])), {"name": "ann", "tags": ["x", "y"]}),
    (B - "name", {"tags": ["x", "y"], "deep": {"n": 5}}),
    (B - ["name", "tags"], {"deep": {"n": 5}}),
    (B["tags"] - 0, ["y"]),
    ("is " + B["name"].astext, "is ann"),
    (B["deep"]["n"].as_integer() + 1, 6),
    (-B["deep"]["n"].as_integer(), -5),
    (~(B["name"].astext == "ann"), False),
    (B["name"].astext + B["name"].astext, "annann"),
    (B - array(["name", "tags"]), {"deep": {"n": 5}}),
    (B.concat({"more": 1})["more"].as_integer(), 1),
    (B.path_exists('$.tags[*] ? (@ == "x")'), True),
    (B.path_match("$.deep.n > 5"), False),
]


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("expression", "value"), CASES, ids=[str(i) for i in range(len(CASES))])
def test_operators(connection, expression, value):
    assert connection.scalar(select(expression).select_from(DOCS)) == value


def test_an_item_as_text_has_the_type_of_the_column():
    assert isinstance(J["name"].astext.type, VARCHAR)
    assert str(select(J["name"].astext).compile(dialect=dialect())).startswith(
        "SELECT documents_of_tests.j ->> %s"
    )


def test_a_whole_document_is_no_text():
    with pytest.raises(exc.InvalidRequestError, match="item of a document"):
        B.astext  # noqa: B018 - the attribute itself raises
