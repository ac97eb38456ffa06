"""The hydrator's source: one function per layout, from a batch of driver rows to objects.

    hydrate(rows, run) -> list, or dict of lists for grouped emission

`run` is the `hydrate.Run` of this execution. Per row the function calls nothing but the
identity map's `get`, the weak reference, the allocation of object and state, and the
converters which types could not give as expressions. An object that was there before, and
that this run has not met yet, is handed to `run.complete`.

The same as a walk over the plan is in `hydrate_plain`.
"""

from __future__ import annotations

from orm.codegen import Source
from orm.loading.row_plan import Composed, EntityRow, JoinedRow, RowPlan, Slot
from orm.state.instance_state import forget_state
from orm.state.markers import UNCHANGED

#: differs from every value of a row
NOTHING = object()


def gen_hydrate(plan: RowPlan) -> Source:
    """Return the source of the hydrator of a layout."""
    source = Source("hydrate")
    body = _Body(source, plan)
    body.write()
    return source


class _Body:
    """The function under construction: names of constants, and the order of its parts."""

    def __init__(self, source: Source, plan: RowPlan) -> None:
        self.source = source
        self.plan = plan
        self.columns = [f"c{place}" for place in range(plan.width)]
        #: by number of the entity: the local which holds its identity
        self.idents: dict[int, str] = {}

    def write(self) -> None:
        """Write the function: constants as defaults, so that the loop reads only locals."""
        source, plan = self.source, self.plan
        loop = Source("loop", **source.constants)
        inner = _Body(loop, plan)
        columns = ", ".join(inner.columns)
        with loop.block(f"for {columns}{',' if plan.width == 1 else ''} in rows:"):
            inner.write_row()
        source.constants.update(loop.constants)
        names = "".join(f", {name}={name}" for name in source.constants)
        with source.block(f"def hydrate(rows, run{names}):"):
            self._write_opening()
            for line in loop.text.splitlines():
                source.line(line)
            source.line("return out")

    def _write_opening(self) -> None:
        """Write what is looked up once per batch."""
        line = self.source.line
        if self.plan.emit == "group":
            line("out = {}")
            for place in self._group_places():
                line(f"g{place} = {self.source.bind(NOTHING, 'nothing')}")
        else:
            line("out = []")
            line("emit = out.append")
        if self.plan.entities:
            line("complete = run.complete")
            line("ref = run.session_ref")
        if any(entity.is_concrete for entity in self.plan.entities):
            line("for_mapper = run.session.identity_map.for_mapper")
        for entity in self.plan.entities:
            n = entity.number
            line(f"map{n} = run.maps[{n}]")
            line(f"get{n} = map{n}.get")
            line(f"peers{n} = run.peers[{n}]")
            line(f"note{n} = peers{n}.idents.append")
            line(f"born{n} = run.born[{n}]")
            if entity.may_stay:
                for slot in entity.ident:
                    line(f"b{n}_{slot.place} = {self.source.bind(NOTHING, 'nothing')}")
            for link in entity.joined:
                m = link.entity.number
                if link.uselist:
                    line(f"lists{m} = run.lists[{m}]")
                    line(f"owners{m} = run.owners[{m}]")
                else:
                    line("over = run.over")
                if link.uselist and self.plan.needs_pairs(link):
                    line(f"pairs{m} = set()")

    def write_row(self) -> None:
        """Write the body of the loop."""
        for entity in self.plan.entities:
            self._write_entity(entity)
        for entity in self.plan.entities:
            self._write_links(entity)
        if not self.plan.emits_once:
            self._write_emit()

    def _value(self, slot: Slot) -> str:
        """Return the expression for a slot's value, its conversion inlined if possible."""
        name = f"c{slot.place}"
        if slot.inline is not None:
            text, constants = slot.inline
            for known, value in constants.items():
                text = text.replace(known, self.source.bind(value, "k"))
            return f"(None if {name} is None else {text.replace('{v}', name)})"
        if slot.convert is not None:
            return f"{self.source.bind(slot.convert, 'f')}({name})"
        return name

    def _write_entity(self, entity: EntityRow) -> None:
        """Write what finds or makes an entity's object; one that fills collections is mostly that of the row before."""
        n = entity.number
        if not entity.may_stay:
            self._write_object(entity)
            return
        places = list(dict.fromkeys(slot.place for slot in entity.ident))
        differs = " or ".join(f"c{place} != b{n}_{place}" for place in places)
        with self.source.block(f"if {differs}:"):
            for place in places:
                self.source.line(f"b{n}_{place} = c{place}")
            self._write_object(entity)
            for link in entity.joined:
                if link.uselist:
                    with self.source.block(f"if {self._presence(entity, link)}:"):
                        self._write_list(entity, link)
            if self.plan.emits_once and entity is self.plan.outputs[0]:
                self._write_emit()

    def _write_object(self, entity: EntityRow) -> None:
        """Write lookup in the identity map, and creation of what is not there."""
        source, n = self.source, entity.number
        line = source.line
        parts = self._write_ident(entity)
        ident = self.idents[n]
        if entity.is_concrete:
            self._write_map(entity, parts)
        line(f"s{n} = get{n}({ident})")
        with source.block(f"if s{n} is None or (o{n} := s{n}()) is None:"):
            nothing = " and ".join(f"{part} is None" for part in parts)
            with source.block(f"if {nothing}:"):
                line(f"o{n} = None")
            with source.block("else:"):
                self._write_new(entity, parts)
        with source.block(f"elif s{n}.load is not peers{n}:"):
            line(f"complete({n}, s{n}, o{n}, {self._row()})")

    def _write_map(self, entity: EntityRow, parts: list[str]) -> None:
        """Write the choice of the identity map: concrete classes have their own identities."""
        n = entity.number
        assert entity.discriminator is not None
        kinds = self.source.bind(entity.kinds, "kinds")
        with self.source.block(f"if {parts[0]} is not None:"):
            value = self._value(entity.discriminator)
            self.source.line(f"map{n} = for_mapper({kinds}[{value}].base)")
            self.source.line(f"get{n} = map{n}.get")

    def _row(self) -> str:
        """Return the expression for the whole driver row, which only rare paths need."""
        return make_tuple(self.columns)

    def _write_ident(self, entity: EntityRow) -> list[str]:
        """Write what makes the identity; returns the names of its parts."""
        n = entity.number
        self.idents[n] = f"i{n}"
        if len(entity.ident) == 1:
            value = self._value(entity.ident[0])
            if value == f"c{entity.ident[0].place}":
                self.idents[n] = value
            else:
                self.source.line(f"i{n} = {value}")
            return [self.idents[n]]
        parts = []
        for place, slot in enumerate(entity.ident):
            value = self._value(slot)
            if value == f"c{slot.place}":
                parts.append(value)
                continue
            parts.append(f"i{n}_{place}")
            self.source.line(f"{parts[-1]} = {value}")
        self.source.line(f"i{n} = ({', '.join(parts)})")
        return parts

    def _write_new(self, entity: EntityRow, parts: list[str]) -> None:
        """Write the making of a new object and its state."""
        source, n = self.source, entity.number
        line = source.line
        manager = entity.mapper.class_manager
        if entity.kinds is None or entity.discriminator is None:
            made = source.bind(entity.mapper.class_, "class")
            state_class = source.bind(manager.state_class, "state")
        else:
            kinds = source.bind(entity.kinds, "kinds")
            line(f"t{n} = {kinds}[{self._value(entity.discriminator)}]")
            made, state_class = f"t{n}.class_", f"t{n}.state_class"
        line(f"o{n} = {source.bind(object.__new__, 'new')}({made})")
        ident = self.idents[n]
        line(f"s{n} = map{n}[{ident}] = {state_class}(o{n}, {source.bind(forget_state, 'gone')})")
        line(f"s{n}.ident = {ident}")
        line(f"s{n}.session_ref = ref")
        line(f"s{n}.load = peers{n}")
        line(f"s{n}.committed = {source.bind(UNCHANGED, 'none')}")
        line(f"s{n}.extra = None")
        line(f"d = o{n}.__dict__")
        line(f"d[{source.bind('_sa_instance_state', 'a')}] = s{n}")
        known = {slot.key: part for slot, part in zip(entity.ident, parts, strict=True)}
        for slot in entity.slots:
            value = known.get(slot.key) or self._value(slot)
            line(f"d[{source.bind(slot.key, 'a')}] = {value}")
        if entity.kinds is not None and any(kind.extra for kind in entity.kinds.values()):
            with source.block(f"if t{n}.extra:"):
                line(f"run.fill_extra(d, t{n}.extra, {self._row()})")
        line(f"note{n}({ident})")
        with source.block(f"if born{n} is not None:"):
            line(f"born{n}(o{n})")

    def _presence(self, entity: EntityRow, link: JoinedRow) -> str:
        """Return the condition for an object that has the relationship of a link."""
        n = entity.number
        if link.is_of_subclass(entity):
            return f"isinstance(o{n}, {self.source.bind(link.prop.parent.class_, 'class')})"
        return f"o{n} is not None"

    def _write_list(self, entity: EntityRow, link: JoinedRow) -> None:
        """Write what finds or makes the list of an object's members."""
        line, m = self.source.line, link.entity.number
        ident = self.idents[entity.number]
        line(f"l{m} = lists{m}.get({ident})")
        with self.source.block(f"if l{m} is None:"):
            line(f"l{m} = lists{m}[{ident}] = []")
            line(f"owners{m}.append(o{entity.number})")

    def _write_links(self, entity: EntityRow) -> None:
        """Write what joins the entity with those eagerly loaded in the same row."""
        source, n = self.source, entity.number
        line = source.line
        for link in entity.joined:
            m = link.entity.number
            with source.block(f"if {self._presence(entity, link)}:"):
                if not link.uselist:
                    name = source.bind(link.key, "a")
                    line(f"d = o{n}.__dict__")
                    with source.block(f"if {name} not in d or over:"):
                        line(f"d[{name}] = o{m}")
                    continue
                if not entity.may_stay:
                    self._write_list(entity, link)
                if not self.plan.needs_pairs(link):
                    with source.block(f"if o{m} is not None:"):
                        line(f"l{m}.append(o{m})")
                    continue
                pair = f"({self.idents[n]}, {self.idents[m]})"
                with source.block(f"if o{m} is not None and {pair} not in pairs{m}:"):
                    line(f"pairs{m}.add({pair})")
                    line(f"l{m}.append(o{m})")

    def _output(self, each: EntityRow | Slot | Composed) -> str:
        """Return the expression for one output."""
        if isinstance(each, EntityRow):
            return f"o{each.number}"
        if isinstance(each, Composed):
            values = ", ".join(self._value(slot) for slot in each.slots)
            return f"{self.source.bind(each.make, 'f')}({values})"
        return self._value(each)

    def _write_emit(self) -> None:
        """Write what the row gives."""
        source, plan = self.source, self.plan
        values = [self._output(each) for each in plan.outputs]
        if plan.emit == "scalar":
            source.line(f"emit({values[0]})")
        elif plan.emit == "row":
            source.line(f"emit({make_tuple(values)})")
        else:
            self._write_group(values[0])

    def _group_places(self) -> list[int]:
        """Return the places of the group's key in the row, each once."""
        return list(dict.fromkeys(slot.place for slot in self.plan.group))

    def _write_group(self, value: str) -> None:
        """Write the adding of a value to its group: mostly that of the row before."""
        line = self.source.line
        places = self._group_places()
        differs = " or ".join(f"c{place} != g{place}" for place in places)
        with self.source.block(f"if {differs}:"):
            for place in places:
                line(f"g{place} = c{place}")
            parts = [self._value(slot) for slot in self.plan.group]
            line(f"k = {parts[0] if len(parts) == 1 else make_tuple(parts)}")
            line("g = out.get(k)")
            with self.source.block("if g is None:"):
                line("g = out[k] = []")
        line(f"g.append({value})")


def make_tuple(parts: list[str]) -> str:
    """Return the text of a tuple of these expressions."""
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
