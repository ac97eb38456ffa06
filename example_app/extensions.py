"""The extensions, made once and bound to each app by `create_app`."""

from __future__ import annotations

from flask_wtf import CSRFProtect

from example_app.models import Base
from flask_ormsession import Database

db = Database(model_class=Base)
csrf = CSRFProtect()
