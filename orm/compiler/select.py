"""SELECT as text: clauses in order, correlation, labels, unions, common table expressions, text()."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import and_
from typing import Any

from orm import exc
from orm.compiler.compiled import ResultColumn
from orm.compiler.ctes import CTECompiler
from orm.compiler.linting import warn_of_cartesian_product
from orm.compiler.scope import BARE, IN_FROM, LATERAL, Scope
from orm.sql.annotations import plain
from orm.sql.froms import display_froms
from orm.sql.subquery import AliasLabel, SelectLabelStyle


class SelectCompiler(CTECompiler):
    """Renders statements that return rows."""

    #: the statement that was given, and what every SELECT within it goes through
    top_statement: Any = None
    restrict: Callable[[Any, Any], Any] | None = None
    restricts_top = False
    #: warn of FROM objects that nothing connects
    linting = False

    # -- entry points ----------------------------------------------------------------------------

    def nested(self, statement: Any, lateral: bool = False) -> str:
        before, self.include_table = self.include_table, True
        outer = self.placing
        self.placing = (LATERAL if lateral else IN_FROM) if statement._is_select_base else BARE
        try:
            return self.process(statement)
        finally:
            self.include_table = before
            self.placing = outer

    def visit_select(self, select: Any) -> str:
        return self.in_level(select, self.select_text)

    def visit_select_statement_grouping(self, group: Any) -> str:
        return f"({self.process(group.element)})"

    def visit_scalar_select(self, scalar: Any) -> str:
        before, self.include_table = self.include_table, True
        try:
            return f"({self.process(scalar.element)})"
        finally:
            self.include_table = before

    # -- SELECT ----------------------------------------------------------------------------------

    def select_text(self, select: Any) -> str:
        """A SELECT without parentheses."""
        parent = self.scopes[-1] if self.scopes else None
        placing, self.placing = self.placing, BARE
        if (
            select.is_orm
            and self.restrict is not None
            and (self.restricts_top or select is not self.top_statement)
        ):
            select = self.restrict(select, self.visible_froms(select, parent, placing))
            self._kept.append(select)
        scope = Scope(select, self.visible_froms(select, parent, placing), parent, placing != BARE)
        self.scopes.append(scope)
        try:
            return self.select_body(select, scope)
        finally:
            self.scopes.pop()
            self.placing = placing

    def visible_froms(self, select: Any, parent: Scope | None, placing: str) -> list[Any]:
        """The FROM list of a SELECT, without what it takes from the statement around it."""
        if parent is None:
            return display_froms(select)
        if placing == IN_FROM:
            return display_froms(select, (), parent.outer)
        return display_froms(select, parent.own, parent.visible)

    def select_body(self, select: Any, scope: Scope) -> str:
        """The clauses of a SELECT in order."""
        columns = ", ".join(
            [self.selected_column(named, scope) for named in select._named_columns()]
        )
        froms = ", ".join([self.from_text(item) for item in scope.froms])
        text = f"SELECT {self.extension_text(select, 'post_select', '{} ')}{self.prefix_text(select)}{self.distinct_text(select)}"
        text += self.extension_text(select, "pre_columns", "{} ") + columns
        text += f" \nFROM {froms}" if froms else self.no_from_text()
        if self.linting and len(scope.froms) > 1:
            warn_of_cartesian_product(scope.froms, select._where_criteria)
        if select._where_criteria:
            text += f" \nWHERE {self.conjunction(select._where_criteria)}"
        if select._group_by:
            text += f" GROUP BY {self.process_all(select._group_by)}"
        if select._having:
            text += f" \nHAVING {self.conjunction(select._having)}"
        text += self.extension_text(select, "post_criteria", " \n{}")
        text += self.order_by_text(select)
        text += self.row_limit_text(select)
        text += self.for_update_text(select)
        text += self.extension_text(select, "post_body", " {}")
        for suffix, dialect in select._suffixes:
            if dialect in ("*", self.dialect.name):
                text += f" {self.process(suffix)}"
        return text + self.hint_text(select)

    def no_from_text(self) -> str:
        """What stands for FROM in a SELECT of nothing but values."""
        return ""

    def conjunction(self, criteria: Iterable[Any]) -> str:
        """Conditions joined by AND."""
        items = list(criteria)
        if len(items) == 1:
            return self.condition(items[0])
        return " AND ".join([self.condition(item.self_group(and_)) for item in items])

    def prefix_text(self, select: Any) -> str:
        """Words behind SELECT, INSERT and the like that were put there by prefix_with()."""
        text = ""
        for prefix, dialect in select._prefixes:
            if dialect in ("*", self.dialect.name):
                text += f"{self.process(prefix)} "
        return text

    def extension_text(self, statement: Any, position: str, form: str) -> str:
        """The syntax extensions at one point of a statement, with `form` around; nothing if there are none."""
        if not statement._extensions:
            return ""
        found = [self.process(each) for point, each in statement._extensions if point == position]
        return form.format(" ".join(found)) if found else ""

    def hint_text(self, select: Any) -> str:
        """Hints for the statement, as the dialect writes them."""
        texts = [t for name, t in select._statement_hints if name in ("*", self.dialect.name)]
        return f" {' '.join(texts)}" if texts else ""

    def from_text(self, element: Any) -> str:
        text = super().from_text(element)
        select = self.scopes[-1].select if self.scopes else None
        return text + self.hints_for(element, select) if getattr(select, "_hints", ()) else text

    def hints_for(self, item: Any, select: Any) -> str:
        """The hints that were given for a FROM object, each after a blank."""
        text = ""
        for target, dialect, hint in select._hints:
            if plain(target) is plain(item) and dialect in ("*", self.dialect.name):
                text += f" {hint % {'name': self.table_reference(target)}}"
        return text

    def distinct_text(self, select: Any) -> str:
        """`DISTINCT `, or nothing."""
        if select._distinct_on:
            raise exc.CompileError(
                f"{self.dialect.name} has no DISTINCT ON: call distinct() without columns, or group_by()."
            )
        return "DISTINCT " if select._distinct else ""

    # -- columns ---------------------------------------------------------------------------------

    def selected_column(self, named: Any, scope: Scope) -> str:
        """One member of the column list, with its label if it needs one."""
        element, name = named.element, named.name
        if type(name) is AliasLabel:
            name = self.written_name(name)
            named = named._replace(name=name)
        if scope.is_top:
            by_column = scope.select._label_style == SelectLabelStyle.LABEL_STYLE_LEGACY_ORM
            self.result_columns.append(result_column(named, by_column))
        if name is None:
            return self.process(element)
        if element.__visit_name__ == "label":
            scope.labels[name] = element.element
            return self.labelled(self.column_text(element.element, element.type), name)
        wrapped = self.wrapped(element, element.type)
        text = self.process(element if wrapped is None else wrapped)
        bare = element.__visit_name__ == "column" and not named.made_up
        if bare and (element.is_literal or element.name == name) and wrapped is None:
            # what is selected from under this name must have it on every database
            if not scope.is_source or element.is_literal or element.table is None:
                return text
        return self.labelled(text, name)

    def labelled(self, text: str, name: str) -> str:
        """`text AS name`."""
        return f"{text} AS {self.preparer.quote(self.label_name(name))}"

    def wrapped(self, element: Any, type_: Any) -> Any:
        """What a type puts around a member of the column list, None if nothing."""
        if element._is_text_clause or element._is_from_clause:
            return None
        return type_.dialect_impl(self.dialect).column_expression(element)

    def column_text(self, element: Any, type_: Any) -> str:
        """An element of the column list, within what its type puts around it."""
        wrapped = self.wrapped(element, type_)
        return self.process(element if wrapped is None else wrapped)

    def visit_label(self, label: Any) -> str:
        return self.process(label.element)

    # -- ORDER BY --------------------------------------------------------------------------------

    def order_by_text(self, select: Any) -> str:
        """` ORDER BY ...`, or nothing."""
        if not select._order_by:
            return ""
        return f" ORDER BY {', '.join([self.order_text(item) for item in select._order_by])}"

    def order_text(self, element: Any) -> str:
        if element.__visit_name__ == "label" and self.scopes:
            scope = self.scopes[-1]
            name = element.name
            if name in scope.labels and _inside(scope.labels[name]) is _inside(element.element):
                return self.preparer.quote(self.label_name(name))
        return self.process(element)

    def visit_textual_label_reference(self, reference: Any) -> str:
        name = reference.element
        scope = self.scopes[-1] if self.scopes else None
        if scope is not None and scope.select is not None:
            for named in scope.select._named_columns():
                if named.name == name and (
                    named.made_up or named.element.__visit_name__ == "label"
                ):
                    return self.preparer.quote(self.label_name(name))
                if name in (named.name, named.key):
                    return self.process(named.element)
            for item in scope.froms:
                column = item.c.get(name) if hasattr(item, "c") else None
                if column is not None:
                    return self.process(column)
        raise exc.CompileError(
            f"order_by or group_by names {name!r}, which is neither a selected column nor a label. Pass a column, "
            f"desc({name!r}) for a direction, or text({name!r}) for SQL."
        )

    # -- limits and locks ------------------------------------------------------------------------

    def row_limit_text(self, select: Any) -> str:
        """LIMIT or FETCH with their OFFSET."""
        if select._fetch_clause is not None:
            return self.fetch_text(select)
        if select._limit_clause is None and select._offset_clause is None:
            return ""
        return self.limit_text(select)

    def limit_text(self, select: Any) -> str:
        """`LIMIT n OFFSET m`."""
        text = ""
        if select._limit_clause is not None:
            text += f"\n LIMIT {self.process(select._limit_clause)}"
        if select._offset_clause is not None:
            if select._limit_clause is None:
                text += "\n LIMIT -1"
            text += f" OFFSET {self.process(select._offset_clause)}"
        return text

    def fetch_text(self, select: Any) -> str:
        """`OFFSET m ROWS FETCH FIRST n ROWS ONLY`."""
        text = ""
        if select._offset_clause is not None:
            text += f"\n OFFSET {self.process(select._offset_clause)} ROWS"
        options = select._fetch_clause_options or {}
        percent = " PERCENT" if options.get("percent") else ""
        ending = "WITH TIES" if options.get("with_ties") else "ONLY"
        return f"{text}\n FETCH FIRST {self.process(select._fetch_clause)}{percent} ROWS {ending}"

    def for_update_text(self, select: Any) -> str:
        """` FOR UPDATE ...`, or nothing."""
        lock = select._for_update_arg
        if lock is None:
            return ""
        text = self.lock_word(lock)
        if lock.of:
            names = dict.fromkeys(self.lock_target(item) for item in lock.of)
            text += f" OF {', '.join(names)}"
        if lock.nowait:
            text += " NOWAIT"
        if lock.skip_locked:
            text += " SKIP LOCKED"
        return text

    def lock_word(self, lock: Any) -> str:
        """The kind of lock."""
        return " FOR SHARE" if lock.read else " FOR UPDATE"

    def lock_target(self, item: Any) -> str:
        """What stands after OF: the table of a column, or a table."""
        table = item if item._is_from_clause else item.table
        return self.table_reference(table)

    # -- unions ----------------------------------------------------------------------------------

    def visit_compound_select(self, compound: Any) -> str:
        return self.in_level(compound, self.compound_text)

    def compound_text(self, compound: Any) -> str:
        """SELECTs joined by UNION and the like."""
        is_top = not self.scopes
        parent = self.scopes[-1] if self.scopes else None
        word = f" {compound.keyword.value} "
        members = []
        for number, member in enumerate(compound.selects):
            columns, self.result_columns = self.result_columns, []
            # one WITH for all members, but for those in parentheses
            self.shares_level = member.__visit_name__ == "select"
            members.append(self.compound_member(member))
            if number or not is_top:
                self.result_columns = columns
        placing, self.placing = self.placing, BARE
        scope = Scope(compound, [], parent)
        for named in compound._named_columns():
            if named.element.__visit_name__ == "label":
                scope.labels[named.name] = named.element.element
        self.scopes.append(scope)
        try:
            with self.without_tables():
                tail = ""
                if compound._group_by:
                    tail += f" GROUP BY {self.process_all(compound._group_by)}"
                tail += self.order_by_text(compound)
            tail += self.row_limit_text(compound) + self.for_update_text(compound)
        finally:
            self.scopes.pop()
            self.placing = placing
        return word.join(members) + tail

    def compound_member(self, member: Any) -> str:
        """One SELECT of a union."""
        return self.process(member)

    # -- text ------------------------------------------------------------------------------------

    def visit_textclause(self, text: Any) -> str:
        binds = text._bindparams

        def replace(match: Any) -> str:
            return self.process(binds[match.group(1)])

        rendered: str = text.bind_regex.sub(replace, text.text) if binds else text.text
        return rendered.replace("\\:", ":")

    def visit_template_text(self, template: Any) -> str:
        text: str = template.strings[0]
        for element, part in zip(template.elements, template.strings[1:], strict=True):
            # a table or a subquery with its definition, as FROM needs it
            is_source = element._is_from_clause and not element._is_select_base
            text += self.from_text(element) if is_source else self.process(element)
            text += part
        return text

    def visit_textual_select(self, select: Any) -> str:
        return self.in_level(select, self.textual_text)

    def textual_text(self, select: Any) -> str:
        """SQL text with declared columns."""
        if not self.scopes:
            for named in select._named_columns():
                self.result_columns.append(result_column(named))
        return self.process(select.element)


def result_column(named: Any, by_column: bool = False) -> ResultColumn:
    """What is told of one selected column.

    by_column: rows go by the column's own name, whatever its label is.
    """
    element, name = named.element, named.name
    if name is None:
        name = key = str(getattr(element, "text", ""))
    else:
        # a mapped attribute is read by its own name, whatever the column is called
        key = named.key if "proxy_key" in element._annotations and not named.made_up else name
        if by_column and name is not None:
            key = element._annotations.get("proxy_key") or getattr(element, "key", None) or name
    return ResultColumn(name, key, (element,), element.type)


def simple_fetch(compiler: SelectCompiler, select: Any) -> str:
    """FETCH as LIMIT, for databases that have no FETCH.

    Raises exc.CompileError for WITH TIES and PERCENT, which LIMIT cannot say.
    """
    options = select._fetch_clause_options or {}
    if options.get("with_ties") or options.get("percent"):
        raise exc.CompileError(
            f"{compiler.dialect.name} has no FETCH ... WITH TIES or PERCENT: use limit(), or a window function."
        )
    limited = select._clone()
    limited._limit_clause, limited._fetch_clause = select._fetch_clause, None
    return compiler.limit_text(limited)


def _inside(element: Any) -> Any:
    """The element without the parentheses and annotations around it."""
    while element.__visit_name__ == "grouping":
        element = element.element
    return plain(element)
