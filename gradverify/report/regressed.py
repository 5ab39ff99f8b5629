"""What a test raises that has become worse than its baseline."""

from typing import final

from gradverify.baseline.compared import Compared, SpecCompared
from gradverify.errors import GradverifyError
from gradverify.report.differences import MEANT, is_to_choose, render_regressions
from gradverify.report.verified import Report
from gradverify.verdict.verdict import SpecResult


@final
class BaselineMismatch(GradverifyError, AssertionError):  # noqa: N818 - as GradientMismatch
    """Something is new or worse than in the baseline: the message says what, `.report` has all."""

    def __init__(
        self, report: Report, result: SpecResult, compared: SpecCompared, baseline: Compared
    ) -> None:
        meant = is_to_choose(result, compared.regressions)
        blocks = (
            f"{result.id}: new or worse than in the baseline {baseline.path}",
            render_regressions(result, compared.regressions),
            f"  {MEANT}: {baseline.update}" if meant else "",
            "" if report else str(report),
        )
        super().__init__("\n\n".join(filter(None, blocks)))
        self.report = report
