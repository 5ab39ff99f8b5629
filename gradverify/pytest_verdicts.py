"""What makes an item of a spec fail: its party is wrong, or its findings are not those expected."""

from dataclasses import dataclass
from typing import final

import pytest

from gradverify.baseline.compared import SpecCompared
from gradverify.report.differences import render_regressions
from gradverify.report.failure import render_failure, render_open, render_party_failure
from gradverify.verdict.verdict import Answer, Severity, SpecResult, Status


@final
class MismatchError(AssertionError):
    """The text of a report, first line first its verdict."""


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a spec, the command that runs it alone, and how it differs from a baseline."""

    result: SpecResult
    again: str
    compared: SpecCompared | None

    def assert_findings(self) -> None:
        """Fail with what is told of no party, and with the names of those that fail themselves.

        Against a baseline it fails for what is new or worse, and for nothing that it knows.
        """
        result, compared = self.result, self.compared
        if compared is not None and compared.regressions:
            text = f"worse: {result.title}\n\n{render_regressions(result, compared.regressions)}"
            raise MismatchError(f"{text}\n  Again: {self.again}")  # noqa: EM102, TRY003 - a report
        status = result.status
        if status == "passed" and not result.comparisons:
            status = "nothing compared"
        if status != "passed" and not (compared is not None and compared.excused):
            text = f"{status}: {result.title}\n\n{render_open(result, self.again)}"
            raise MismatchError(text)

    def assert_party(self, party: str, *, required: bool) -> None:
        """Fail where a party is wrong, and the spec does not expect it, nor a baseline know it."""
        answers = {answer.name: answer for answer in self.result.oracles}
        text = self._unanswered(party, answers.get(party), required=required)
        failure = render_party_failure(self.result, party, self.again)
        if not text and failure and not self._is_known(party):
            text = f"disagree: {self.result.title}, {party}\n\n{failure}"
        if text:
            raise MismatchError(text)

    def _unanswered(self, party: str, answer: Answer | None, *, required: bool) -> str:
        """Return why there is nothing to compare of a party; skip where it need not be."""
        if answer is not None and answer.status is Status.UNSUPPORTED:
            if not required:
                pytest.skip(answer.reason)
            return f"unsupported: {party} is required: {answer.reason}"
        if answer is not None and answer.status is Status.BROKEN:
            return f"broken: {party}: {answer.reason}"
        if answer is None and all(v.party != party for v in self.result.comparisons):
            failure = render_failure(self.result, self.again)
            return f"nothing compared: {party} did not answer\n\n{failure}"
        return ""

    def _is_known(self, party: str) -> bool:
        """Whether a baseline knows every error of a party, and nothing of it is new or worse."""
        if self.compared is None or any(r.party == party for r in self.compared.regressions):
            return False
        known = {(item.code, item.party, item.of, item.at) for item in self.compared.known}
        found = (f for f in self.result.findings if f.party == party and not f.expected)
        errors = {(f.code, f.party, f.of, f.at) for f in found if f.severity is Severity.ERROR}
        return self.compared.excused or (bool(errors) and errors <= known)
