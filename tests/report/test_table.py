"""Reports are asked for by KIND=PATH, and a mistake in that is found before anything runs."""

import os
from pathlib import Path

import pytest

from gradverify.errors import UsageError
from gradverify.report.record import Record
from gradverify.report.table import REPORTS, parse_targets, renderer, write_reports


@pytest.mark.parametrize("kind", REPORTS)
def test_every_kind_renders_and_is_written(kind: str, record: Record, tmp_path: Path) -> None:
    path = tmp_path / "report"
    write_reports(record, parse_targets([f"{kind}={path}"]))
    assert path.read_text("utf-8") == renderer(kind)(record)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("json", "--report json: not KIND=PATH. The kinds are json, junit, sarif and markdown"),
        ("json=", "--report json=: not KIND=PATH. The kinds are json, junit, sarif and markdown"),
        ("junt=a", "--report junt=a: unknown kind 'junt'. Did you mean 'junit'?"),
        (
            "html=a",
            "--report html=a: unknown kind 'html'. The kinds are json, junit, sarif and markdown.",
        ),
    ],
)
def test_what_is_not_a_kind_and_a_path_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        _ = parse_targets([text])
    assert str(caught.value) == message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_report_that_cannot_be_written_keeps_no_other_from_it(
    record: Record, tmp_path: Path
) -> None:
    path = tmp_path / "report"
    targets = parse_targets(["json=/dev/full", f"junit={path}"])
    with pytest.raises(UsageError, match="cannot write /dev/full: no space left on device"):
        write_reports(record, targets)
    assert path.read_text("utf-8") == renderer("junit")(record)


def test_two_reports_cannot_share_a_file(tmp_path: Path) -> None:
    both = [f"json={tmp_path / 'a'}", f"junit={tmp_path / 'a'}"]
    with pytest.raises(UsageError, match="two reports cannot go to one file"):
        _ = parse_targets(both)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    linked = [f"sarif={tmp_path / 'a'}", f"markdown={tmp_path / 'link'}"]
    with pytest.raises(UsageError, match="two reports cannot go to one file"):
        _ = parse_targets(linked)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_nobody_may_write_to_is_found_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="permission denied"):
        _ = parse_targets([f"sarif={tmp_path / 'a'}"])
