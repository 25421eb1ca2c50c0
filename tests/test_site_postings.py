"""Lists of papers as strings."""

from hypothesis import given
from hypothesis import strategies as st

from digest.site.postings import encode, entries, join

PAPERS = [
    ("Speech", "speech of speech"),
    ("Music", "speech speech speech"),
    ("Noise", "a speech"),
    ("Speech", "none"),
]


def test_numbers_are_written_newest_first():
    assert encode([]) == ""
    assert encode([0]) == "A"
    assert encode([0, 31]) == "ff"
    assert encode([3, 5, 37]) == "lBgBC"  # 37 = 5 + 32, then 32 = 0 + 32, then 2


def test_an_entry_says_where_a_term_stands():
    assert entries(PAPERS)["speech"] == "DBBB.B.DD"  # in 0 to 3; often in 1; in the titles of 0, 3
    assert entries(PAPERS)["none"] == "D"
    assert entries(PAPERS)["music"] == "B..B"


@given(st.integers(0, 4))
def test_parts_joined_are_the_whole(cut):
    joined = entries(PAPERS[:cut])
    join(joined, entries(PAPERS[cut:]), cut)
    assert joined == entries(PAPERS)


@given(st.lists(st.integers(0, 5000), unique=True, min_size=1), st.integers(0, 5000))
def test_lists_joined_are_the_whole_list(numbers, cut):
    older = {"a": encode(sorted(n for n in numbers if n < cut))}
    newer = encode(sorted(n - cut for n in numbers if n >= cut))
    join(older, {"a": newer}, cut)
    assert older["a"] == encode(sorted(numbers))
