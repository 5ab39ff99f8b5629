"""Spec files become Specs, or all their faults at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

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


def load_specs(path: Path) -> tuple[Spec, ...]:
    """Return the specs of a file in their order; raises SpecErrors with every fault of the file."""
    return specs_of(read_source(path))


def specs_of(source: Source) -> tuple[Spec, ...]:
    """Return the specs of a text that is already read; raises SpecErrors with all its faults."""
    documents, faults = read_documents(source)
    specs: list[Spec] = []
    for index, located in enumerate(documents):
        model, found = _model(located)
        faults.extend(found)
        if model:
            specs.append(Spec(source.file, index, model, located))
    faults.extend(_shared_titles(documents))
    if not documents and not faults:
        faults.append(EmptyFileError(source.file))
    if faults:
        raise SpecErrors(_limited(faults))
    return tuple(specs)


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


def _shared_titles(documents: Sequence[Located]) -> list[SpecError]:
    first: dict[str, Located] = {}
    faults: list[SpecError] = []
    for located in documents:
        title = _title(located)
        if title in first:
            mark, taken = located.mark(("title",)), first[title].mark(("title",))
            faults.append(DuplicateTitleError(mark, title, taken))
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
