"""Cutting a long sentence."""

from hypothesis import given
from hypothesis import strategies as st

from digest.translate.clauses import split_clauses


def test_cuts_at_the_clause_nearest_the_middle() -> None:
    sentence = (
        "We train a large model on noisy speech from three corpora, while the baseline is trained "
        "on clean speech only."
    )
    assert split_clauses(sentence) == [
        "We train a large model on noisy speech from three corpora",
        "while the baseline is trained on clean speech only.",
    ]


def test_a_short_sentence_stays_whole() -> None:
    assert split_clauses("It works, and it is fast.") == ["It works, and it is fast."]


def test_never_cuts_inside_math_or_brackets() -> None:
    sentence = (
        "The bound that we prove holds for every admissible $f(x), and g(y)$ (for instance linear "
        "ones, and quadratic ones in general) uniformly."
    )
    for clause in split_clauses(sentence):
        assert clause.count("$") % 2 == 0
        assert clause.count("(") == clause.count(")")


@given(st.lists(st.sampled_from(["alpha", "beta,", "and", "which", "gamma;", "12%"]), max_size=90))
def test_no_word_is_lost(words: list[str]) -> None:
    def bare(text: str) -> list[str]:
        return [word.strip(",;") for word in text.split()]

    sentence = " ".join(words)
    assert [word for clause in split_clauses(sentence) for word in bare(clause)] == bare(sentence)
