"""Math and addresses as marks, and back."""

from digest.translate.shield import shielded

SOURCE = r"We bound $x_1$ by $y$ and $x_1$, see https://a.org/b."


def test_marks_come_back_in_their_places() -> None:
    found = shielded(SOURCE)
    assert found is not None
    assert found.text == "We bound X1 by X2 and X3, see X4."
    assert found.restored("见 X4：X1 由 X2 与 X3 界定。") == (
        "见 https://a.org/b：$x_1$ 由 $y$ 与 $x_1$ 界定。"
    )


def test_a_mark_that_is_lost_or_doubled_is_told() -> None:
    found = shielded(SOURCE)
    assert found is not None
    assert found.restored("X1、X2、X3。") is None
    assert found.restored("X1、X1、X2、X3、X4。") is None


def test_nothing_to_hide() -> None:
    assert shielded("Nothing here.") is None
    assert shielded("The X1 carbon supports $x$.") is None  # a mark would be taken for it
