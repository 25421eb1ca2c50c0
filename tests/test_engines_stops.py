"""Stop strings in a text."""

from digest.engines.stops import before


def test_before_the_first_of_them() -> None:
    assert before("one. two\nthree", ["\n", "two"]) == "one."
    assert before("one. two", ["three"]) == "one. two"
    assert before("one", []) == "one"
    assert before("one", ["one"]) == ""
