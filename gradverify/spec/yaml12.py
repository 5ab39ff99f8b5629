"""YAML text becomes Located documents: the events of PyYAML, the scalars of YAML 1.2, and limits.

What can hurt (depth, size, anchors, aliases, tags) is refused as the events arrive, before
anything is built of them.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final, final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from gradverify.errors import Mark, SpecError
from gradverify.spec.errors import (
    AliasError,
    AnchorError,
    CharacterError,
    DuplicateKeyError,
    KeyNotTextError,
    MergeKeyError,
    NumberError,
    TabIndentError,
    TagError,
    TooDeepError,
    TooManyNodesError,
    YamlError,
)
from gradverify.spec.located import MAX_FAULTS, Located, Path, Place
from gradverify.spec.scalars import OutOfReachError, resolve
from gradverify.spec.source import FORBIDDEN, Source

MAX_DEPTH: Final = 64
MAX_NODES: Final = 400_000

FASTEST: Final[Any] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def read_documents(source: Source, loader: Any = FASTEST) -> tuple[list[Located], list[SpecError]]:
    """Read every document of a source; the second list holds the faults that ended the reading.

    Those are the fault that did, which is the last, and what the document before it had already;
    faults that do not end the reading are in the documents.
    """
    documents: list[Located] = []
    events = _Events(source, loader)
    composer = _Composer(events)
    try:
        for event in events:
            if isinstance(event, DocumentStartEvent):
                composer = _Composer(events)
                documents.append(composer.document())
    except SpecError as error:
        return documents, [*composer.faults, error]
    return documents, []


@final
class _Events:
    """The events of a source, counted; a fault of the syntax comes out as a SpecError."""

    def __init__(self, source: Source, loader: Any) -> None:
        self.source = source
        self._parser = loader(source.text)
        self._nodes = 0
        self._tabs = "\t" in source.text

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        try:
            if not self._parser.check_event():
                raise StopIteration
            event = self._parser.get_event()
        except yaml.YAMLError as error:
            raise self._fault(error) from error
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise TooManyNodesError(self.source.mark(*_place(event)), MAX_NODES)
        if self._tabs:
            self._refuse_tabs(event)
        return event

    def _refuse_tabs(self, event: Event) -> None:
        places = [_place(event)]
        if isinstance(event, ScalarEvent) and not event.style:
            # libyaml takes a line that a tab indents for one more line of the text before it.
            below = range(event.start_mark.line + 1, event.end_mark.line + 1)
            places += [(line, _indent(self.source.mark(line, 0).text)) for line in below]
        tab = next(filter(None, (self._tab(*place) for place in places)), None)
        if tab:
            raise TabIndentError(tab)

    def _fault(self, error: yaml.YAMLError) -> SpecError:
        if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
            return YamlError(self.source.mark(0, 0), str(error), None)
        place, begin = error.problem_mark, error.context_mark
        tab = self._tab(place.line, place.column + 1)
        if tab:
            return TabIndentError(tab)
        start = self.source.mark(begin.line, begin.column) if begin else None
        if start and not self.source.text[place.index :].strip():
            # What is not closed is noticed at the end of the file; it is mended where it begins.
            return YamlError(start, str(error.problem), None)
        return YamlError(self.source.mark(place.line, place.column), str(error.problem), start)

    def _tab(self, line: int, column: int) -> Mark | None:
        indent = self.source.mark(line, 0).text[:column]
        found = "\t" in indent and not indent.strip()
        return self.source.mark(line, indent.index("\t")) if found else None


@final
class _Composer:
    """Builds one document from events; it is used once."""

    def __init__(self, events: _Events) -> None:
        self._events = events
        self._source = events.source
        self._values: dict[Path, Place] = {}
        self._keys: dict[Path, Place] = {}
        self._texts: dict[Path, str] = {}
        self._faults: list[SpecError] = []
        self._anchors: list[Event] = []
        self._aliases: list[Event] = []
        self._anchored: set[Path] = set()  # what stands there for aliases alone is not judged
        self._spoilt: set[Path] = set()
        self._nulls: list[Path] = []

    @property
    def faults(self) -> list[SpecError]:
        """The faults so far; of all anchors and aliases the first are told, and how many."""
        found = list(self._faults)
        for places, error in ((self._anchors, AnchorError), (self._aliases, AliasError)):
            if places:
                name = str(getattr(places[0], "anchor", ""))
                found.append(error(self._mark(places[0]), name, len(places)))
        return found

    def document(self) -> Located:
        data = self._value(next(self._events), ())
        return Located(
            source=self._source,
            data=data,
            values=MappingProxyType(self._values),
            keys=MappingProxyType(self._keys),
            texts=MappingProxyType(self._texts),
            faults=tuple(self.faults),
            spoilt=frozenset(self._spoilt | self._anchored if self._aliases else self._spoilt),
            nulls=tuple(self._nulls),
        )

    def _value(self, event: Event, path: Path) -> Any:
        self._values[path] = _place(event)
        self._refuse_properties(event, path)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, AliasEvent):
            self._aliases.append(event)
            self._spoilt.add(path)
            return None
        if len(path) >= MAX_DEPTH:
            raise TooDeepError(self._mark(event), MAX_DEPTH)
        return self._list(path) if isinstance(event, SequenceStartEvent) else self._mapping(path)

    def _scalar(self, event: ScalarEvent, path: Path) -> Any:
        self._texts[path] = event.value
        if event.style:
            self._values[path] = self._first_character(event)
            return self._quoted(event, path)
        try:
            value = resolve(event.value)
        except OutOfReachError:
            self._fault(path, NumberError(self._mark(event), event.value))
            return None
        if value is None:
            self._nulls.append(path)
        return value

    def _quoted(self, event: ScalarEvent, path: Path) -> str:
        escaped = FORBIDDEN.search(event.value)
        if escaped:
            self._fault(path, CharacterError(self._mark(event), escaped.group()))
        return event.value

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            self._item(event, path, items)
        return items

    def _item(self, event: Event, path: Path, items: dict[str, Any]) -> None:
        if not isinstance(event, ScalarEvent):
            # Values of a key that is no text are read, and then forgotten.
            self._fault((*path, ""), KeyNotTextError(self._mark(event)))
            _ = self._value(event, (*path, ""))
            _ = self._value(next(self._events), (*path, ""))
            return
        place, name = _place(event), event.value
        key = (*path, name)
        if key in self._keys:
            first = self._source.mark(*self._keys[key])
            self._fault(key, DuplicateKeyError(self._mark(event), name, first))
        self._refuse_properties(event, key)
        if name == "<<" and not event.style:
            self._fault(key, MergeKeyError(self._mark(event)))
        self._keys[key] = place
        items[name] = self._value(next(self._events), key)

    def _refuse_properties(self, event: Event, path: Path) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None and not isinstance(event, AliasEvent):
            self._anchors.append(event)
            self._anchored.add(path)
        if tag is not None:
            self._fault(path, TagError(self._mark(event), str(tag)))

    def _first_character(self, event: ScalarEvent) -> Place:
        line, column = _place(event)
        if event.style in ("'", '"'):
            return line, column + 1
        following = enumerate(self._source.lines[line + 1 :], line + 1)
        text = next(((n, text) for n, text in following if text.strip()), (line, ""))
        return text[0], len(text[1]) - len(text[1].lstrip())

    def _fault(self, path: Path, error: SpecError) -> None:
        self._spoilt.add(path)
        if len(self._faults) <= MAX_FAULTS:  # one more than are told shows that there are more
            self._faults.append(error)

    def _mark(self, event: Event) -> Mark:
        return self._source.mark(*_place(event))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _place(event: Event) -> Place:
    mark = event.start_mark
    return mark.line, mark.column
