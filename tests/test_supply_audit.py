"""The audit against pinned advisories: what it finds, accepts, and says it cannot know."""

import json
from datetime import date

import pytest

from scripts.supply.audit import ACCEPTED, audit, holds, reasons
from scripts.supply.locks import DEV, read

TODAY = date(2026, 11, 29)
LOCK = "".join(
    f"{pinned} \\\n    --hash=sha256:{'a' * 64}\n" for pinned in ("jinja2==3.1.6", "click==8.5.1")
)


def advisory(*events, versions=()):
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {
        "id": "GHSA-plan-ted0-hole",
        "aliases": ["CVE-2026-0001"],
        "summary": "A planted hole.",
        "affected": [{"versions": list(versions), "ranges": ranges}],
    }


PLANTED = advisory({"introduced": "3.0"}, {"fixed": "3.1.7"})


@pytest.fixture
def audited(tmp_path, capsys):
    """The exit code and the words of an audit of two packages."""
    lock, pinned, accepted = (tmp_path / name for name in ("run.txt", "a.json", "accepted.toml"))
    lock.write_text(LOCK)

    def run(packages=None, day="2026-11-01", listed=""):
        accepted.write_text(listed)
        if packages is not None:
            pinned.write_text(json.dumps({"date": day, "packages": packages}))
        return audit(lock, pinned, accepted, TODAY), capsys.readouterr().out

    return run


def test_a_planted_advisory_fails(audited):
    code, said = audited({"jinja2": [PLANTED], "click": []})
    assert code == 1
    assert "jinja2 3.1.6: GHSA-plan-ted0-hole A planted hole." in said
    assert "2 locked packages against advisories of 2026-11-01: 1 known holes, 0 accepted" in said


@pytest.mark.parametrize("name", ["GHSA-plan-ted0-hole", "CVE-2026-0001"])
def test_one_that_is_accepted_with_a_reason_does_not(audited, name):
    listed = f'[accepted]\n"{name}" = "no template of a stranger is run"\n'
    code, said = audited({"jinja2": [PLANTED], "click": []}, listed=listed)
    assert code == 0
    assert "(accepted: no template of a stranger is run)" in said
    assert "0 known holes, 1 accepted" in said


def test_one_that_is_accepted_without_a_reason_is_refused(audited):
    with pytest.raises(ValueError, match=r"accepted\.toml gives no reason for CVE-2026-0001"):
        audited({"jinja2": [PLANTED]}, listed='[accepted]\n"CVE-2026-0001" = " "\n')


def test_a_mended_version_passes(audited):
    mended = advisory({"introduced": "0"}, {"fixed": "3.1.6"})
    code, said = audited({"jinja2": [mended], "click": []})
    assert (code, "0 known holes" in said) == (0, True)
    assert "DOUBT" not in said


def test_nothing_pinned_is_said_and_no_failure(audited):
    code, said = audited()
    assert code == 0
    assert "AUDIT SKIPPED" in said


def test_old_data_is_said_and_still_looked_at(audited):
    code, said = audited({"jinja2": [PLANTED], "click": []}, day="2026-08-30")
    assert code == 1
    assert "AUDIT IN DOUBT: the pinned advisories are 91 days old: make advisories" in said
    assert "days old" not in audited({"jinja2": [], "click": []}, day="2026-08-31")[1]


def test_a_package_that_nobody_was_asked_about_is_named(audited):
    code, said = audited({"jinja2": []})
    assert (code, "nobody was asked about click" in said) == (0, True)


@pytest.mark.parametrize(
    ("events", "version", "held"),
    [
        ([{"introduced": "0"}, {"fixed": "2.0"}], "1.9.9", True),
        ([{"introduced": "0"}, {"fixed": "2.0"}], "2.0", False),
        ([{"introduced": "0"}, {"fixed": "2.0"}], "2.0rc1", True),
        ([{"introduced": "1.0"}], "0.9", False),
        ([{"introduced": "1.0"}], "99", True),
        ([{"introduced": "1.0"}, {"last_affected": "1.4"}], "1.4", True),
        ([{"introduced": "1.0"}, {"last_affected": "1.4"}], "1.4.1", False),
        ([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}], "1.5", False),
        ([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}], "2.0.1", True),
        ([{"fixed": "10.0"}, {"introduced": "9.0"}], "9.5", True),
    ],
)
def test_ranges_are_read_as_osv_means_them(events, version, held):
    assert holds(advisory(*events), version) is held


def test_a_listed_version_is_held_however_it_is_written():
    assert holds(advisory(versions=["1.0", "2.0.0"]), "2.0")
    assert not holds(advisory(versions=["1.0"]), "1.0.1")


def test_what_is_accepted_in_the_checkout_can_be_read():
    assert set(reasons(ACCEPTED)) == set()
    assert len(read(DEV)) > 60
