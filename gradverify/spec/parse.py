"""Spec files become Specs, or all their faults at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from pydantic import ValidationError

from gradverify.errors import SpecError, SpecErrors
from gradverify.spec.errors import EmptyFileError, TooManyFaultsError
from gradverify.spec.faults import faults_of, stranger_fault
from gradverify.spec.located import MAX_FAULTS, Located
from gradverify.spec.model import SpecModel
from gradverify.spec.model_errors import DuplicateTitleError
from gradverify.spec.source import Source, read_source
from gradverify.spec.spec import Spec
from gradverify.spec.yaml12 import read_documents

Reading: TypeAlias = tuple[tuple[Spec, ...], tuple[SpecError, ...]]
"""The sound specs of a file, and the faults of the others in the order of their places."""


def load_specs(path: Path) -> tuple[Spec, ...]:
    """Return the specs of a file in their order; raises SpecErrors with every fault of the file."""
    return _faultless(read_specs(path))


def read_specs(path: Path) -> Reading:
    """Return the sound specs of a file and the faults of all others, each in their order.

    Raises nothing: that a file cannot be read is a fault of it. One of the two is never empty.
    """
    try:
        source = read_source(path)
    except SpecErrors as error:
        return (), error.errors
    return _reading(source)


def specs_of(source: Source) -> tuple[Spec, ...]:
    """Return the specs of a text that is already read; raises SpecErrors with all its faults."""
    return _faultless(_reading(source))


def _faultless(reading: Reading) -> tuple[Spec, ...]:
    specs, faults = reading
    if faults:
        raise SpecErrors(faults)
    return specs


def _reading(source: Source) -> Reading:
    documents, ending = read_documents(source)
    taken = _shared_titles(documents)
    specs: list[Spec] = []
    faults: list[SpecError] = []
    for index, located in enumerate(documents):
        model, found = _model(located)
        found += taken.get(index, [])
        if model and not found:
            specs.append(Spec(source.file, index, model, located))
        faults.extend(found)
    if not documents and not ending:
        faults.append(EmptyFileError(source.file))
    return tuple(specs), SpecErrors([*_limited(faults), *ending]).errors


def _model(located: Located) -> tuple[SpecModel | None, list[SpecError]]:
    stranger = stranger_fault(located)
    if stranger:
        return None, [*located.faults, stranger]
    try:
        model = SpecModel.model_validate(located.data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return None, faults_of(located, details)
    return model, faults_of(located, ())


def _shared_titles(documents: Sequence[Located]) -> dict[int, list[SpecError]]:
    """Return the faults of the documents whose title an earlier one has, by their index."""
    first: dict[str, Located] = {}
    faults: dict[int, list[SpecError]] = {}
    for index, located in enumerate(documents):
        title = _title(located)
        if title in first:
            mark, taken = located.mark(("title",)), first[title].mark(("title",))
            faults[index] = [DuplicateTitleError(mark, title, taken)]
        elif title:
            first[title] = located
    return faults


def _title(located: Located) -> str:
    data: object = located.data
    if not isinstance(data, dict):
        return ""
    title = cast("dict[str, Any]", data).get("title")
    return title if isinstance(title, str) else ""


def _limited(faults: Sequence[SpecError]) -> list[SpecError]:
    ordered = sorted(faults, key=lambda fault: (fault.mark.line, fault.mark.column))
    shown, rest = ordered[:MAX_FAULTS], ordered[MAX_FAULTS:]
    return [*shown, TooManyFaultsError(rest[0].mark, MAX_FAULTS)] if rest else shown
