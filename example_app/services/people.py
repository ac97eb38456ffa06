"""Staff accounts and customers."""

from __future__ import annotations

from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from example_app.models import Customer, Department, User
from orm import Select, Session, or_, select


@cache
def _decoy_hash() -> str:
    """Return a hash that no password is checked against but those of unknown users."""
    return generate_password_hash("nobody")


def authenticate(session: Session, email: str, password: str) -> User | None:
    """Return the active user with this e-mail address and password, or None.

    An unknown address costs as much time as a wrong password, so that the answer does not tell
    which addresses have an account.
    """
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        check_password_hash(_decoy_hash(), password)
        return None
    return user if user.has_password(password) and user.is_active else None


def add_user(session: Session, email: str, name: str, department: str, password: str) -> User:
    """Add a member of staff, and the department if it is new; return the user, flushed.

    Raises IntegrityError if the e-mail address is taken.
    """
    room = session.scalar(select(Department).where(Department.name == department))
    user = User(
        email=email.strip().lower(),
        name=name,
        department=room or Department(name=department),
    )
    user.set_password(password)
    session.add(user)
    session.flush()
    return user


def search_customers(text: str = "") -> Select[Customer]:
    """Return the statement for customers by name; each word is part of name, e-mail or city."""
    statement = select(Customer).order_by(Customer.name, Customer.id)
    for word in text.split():
        statement = statement.where(
            or_(
                Customer.name.icontains(word, autoescape=True),
                Customer.email.icontains(word, autoescape=True),
                Customer.city.icontains(word, autoescape=True),
            )
        )
    return statement
