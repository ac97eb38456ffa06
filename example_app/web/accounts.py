"""Logging in and out; the user of the request."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from example_app.extensions import db
from example_app.models import User
from example_app.services import people
from example_app.web.forms import LoginForm, form_status


def add_routes(blueprint: Blueprint) -> None:
    """Add the routes of this module to the pages."""
    blueprint.add_url_rule("/login", view_func=login, methods=["GET", "POST"])
    blueprint.post("/logout")(logout)


def require_login() -> ResponseReturnValue | None:
    """Load the user of this request into `g.user`, or send the browser to the login page."""
    g.user = None
    user_id = session.get("user_id")
    if isinstance(user_id, int):
        user = db.session.get(User, user_id)
        if user is not None and user.is_active:
            g.user = user
    if g.user is None and request.endpoint != "web.login":
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("web.login", next=target))
    return None


def current_user() -> User:
    """Return the user of this request; only for views behind the login."""
    user: User = g.user
    return user


def login() -> ResponseReturnValue:
    """Show the form; with the right credentials, start a session and go where the user was going."""
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login.html", form=form), form_status(form)
    user = people.authenticate(db.session, form.email.data, form.password.data)
    if user is None:
        form.password.errors = ["E-mail address or password is wrong."]
        return render_template("login.html", form=form), 401
    session.clear()
    session.permanent = True
    session["user_id"] = user.id
    return redirect(_safe_target(request.args.get("next", "")))


def logout() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    flash("You are logged out.")
    return redirect(url_for("web.login"))


def _safe_target(target: str) -> str:
    """Return `target` if it is a path of this site, else the dashboard."""
    parts = urlsplit(target.replace("\\", "/"))
    is_ours = not parts.scheme and not parts.netloc and target.startswith("/")
    return target if is_ours and not target.startswith("//") else url_for("web.show_dashboard")
