import pytest

from digest.budget import Budget, parse_budget
from digest.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("", Budget()),
        ("3h", Budget(seconds=10_800.0)),
        ("90m", Budget(seconds=5_400.0)),
        ("1h30m", Budget(seconds=5_400.0)),
        ("1.5h", Budget(seconds=5_400.0)),
        ("800k", Budget(tokens=800_000)),
        ("2M", Budget(tokens=2_000_000)),
    ],
)
def test_a_budget_is_time_or_tokens(text, budget):
    assert parse_budget(text) == budget


@pytest.mark.parametrize("text", ["3", "h", "0h", "3 h", "-1h", "30s", "many", "0k"])
def test_what_is_no_amount_is_refused_by_name(text):
    with pytest.raises(ConfigError, match=f"budget: not an amount: '{text}'"):
        parse_budget(text)
