"""The forms of the pages."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus

from flask_wtf import FlaskForm
from wtforms import (
    DecimalField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from example_app.api.parsing import LARGEST_INT, LARGEST_PRICE

# The WTForms classes have no type hints, hence the "misc" that is ignored below.


def _strip(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


class LoginForm(FlaskForm):  # type: ignore[misc]
    email = StringField("E-mail", [InputRequired(), Length(max=190)], filters=[_strip])
    password = PasswordField("Password", [InputRequired(), Length(max=200)])


class CheckboxesField(SelectMultipleField):  # type: ignore[misc]
    """A choice of several, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ProductForm(FlaskForm):  # type: ignore[misc]
    """`version` is the version of the product that the form was filled from."""

    sku = StringField(
        "SKU",
        [InputRequired(), Length(max=20), Regexp(r"^[A-Z0-9-]+\Z", message="Only A-Z, 0-9 and -.")],
        filters=[_strip],
    )
    name = StringField("Name", [InputRequired(), Length(max=120)], filters=[_strip])
    description = TextAreaField("Description", [Length(max=5000)], filters=[_strip])
    price = DecimalField(
        "Price (€)",
        [InputRequired(), NumberRange(Decimal(0), LARGEST_PRICE)],
        places=2,
    )
    stock = IntegerField("Pieces in stock", [InputRequired(), NumberRange(0, LARGEST_INT)])
    categories = CheckboxesField("Categories", coerce=int)
    version = HiddenField()


class CustomerForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name", [InputRequired(), Length(max=120)], filters=[_strip])
    email = StringField(
        "E-mail",
        [
            InputRequired(),
            Length(max=190),
            Regexp(r"^[^@\s]+@[^@\s]+\.[^@\s]+\Z", message="This is not an e-mail address."),
        ],
        filters=[_strip],
    )
    phone = StringField("Phone", [Optional(), Length(max=40)], filters=[_strip])
    street = StringField("Street", [Optional(), Length(max=120)], filters=[_strip])
    postcode = StringField("Postcode", [Optional(), Length(max=20)], filters=[_strip])
    city = StringField("City", [Optional(), Length(max=80)], filters=[_strip])


def form_status(form: FlaskForm) -> HTTPStatus:
    """Return the status of a page that shows `form`: 422 if what was sent was not valid."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK
