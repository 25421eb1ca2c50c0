from digest.night.report import Stage
from digest.night.stages import StageTimes, table
from digest.records import LocalId, Outcome

PAPER = LocalId("local:" + "0" * 64)


def test_a_stage_lasts_from_its_first_word_to_its_last_each_time_it_comes():
    words = (
        (10.0, "fetch", 0),
        (11.0, "extract", 0),  # they overlap
        (13.0, "fetch", 2),
        (14.0, "extract", 1),
        (16.0, "extract", 2),
        (20.0, "extract", 0),  # again, of an older day
        (21.5, "extract", 2),
        (30.0, "translate", 0),
    )
    # The clock is looked at once where a stage begins or ends.
    moments = iter([10.0, 11.0, 13.0, 16.0, 20.0, 21.5, 30.0, 34.0])
    times = StageTimes(lambda: next(moments))
    heard = [times.heard(stage, done, 2) for _, stage, done in words]
    assert heard == [True, True, True, False, True, True, True, True]
    assert times.seconds() == {"fetch": 3.0, "extract": 6.5, "translate": 4.0}


def test_a_stage_without_work_begins_and_ends_at_once():
    times = StageTimes(lambda: 5.0)
    assert times.heard("explain", 0, 0)
    assert times.seconds() == {"explain": 0.0}


def test_the_table_counts_what_was_made_was_there_and_failed():
    outcomes = [
        Outcome(PAPER, "extract", "done", seconds=2.0),
        Outcome(PAPER, "extract", "failed", "damaged", seconds=0.5),
        Outcome(PAPER, "extract", "reused"),
        Outcome(PAPER, "pdf", "failed", "404"),
    ]
    assert table({"extract": 1.5}, outcomes) == {
        "extract": Stage(made=1, reused=1, failed=1, seconds=1.5, work_s=2.5),
        "pdf": Stage(failed=1),
    }
