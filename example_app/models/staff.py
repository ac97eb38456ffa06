"""Departments and the staff who log in to the back office."""

from __future__ import annotations

from datetime import datetime

from werkzeug.security import check_password_hash, generate_password_hash

from example_app.models.base import Base, utc_now
from orm import ForeignKey, Mapped, String, mapped_column, relationship


class Department(Base):
    """A department of the shop; every user belongs to one."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)

    users: Mapped[list[User]] = relationship(back_populates="department", order_by="User.name")


class User(Base):
    """A member of staff. Only the hash of the password is kept."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(190), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"), index=True)

    department: Mapped[Department] = relationship(back_populates="users")

    def set_password(self, password: str) -> None:
        """Keep the salted hash of `password`."""
        self.password_hash = generate_password_hash(password)

    def has_password(self, password: str) -> bool:
        """Tell whether `password` is this user's. Slow on purpose (scrypt)."""
        return check_password_hash(self.password_hash, password)
