"""What fits a machine, and how fast: arithmetic on a machine that is handed in."""

from dataclasses import replace

import pytest

from digest.engines.catalogue import catalogue
from digest.engines.recommend import Machine, advise, best, size_bytes

TWO_CORES = Machine("x", 2, 24 << 30, 100 << 30, 20e9)
LAPTOP = Machine("x", 4, 8 << 30, 100 << 30, 40e9)
WORKSTATION = Machine("x", 16, 64 << 30, 500 << 30, 80e9, "card", 24 << 30)
MODELS = catalogue().models


def by_name(machine: Machine) -> dict[str, object]:
    return {each.model: each for each in advise(MODELS, machine, 30)}


@pytest.mark.parametrize(
    ("name", "prompt", "answer"),
    # measured on two cores: prompt tokens a second, and those of 16 answers together
    [("0.5b", 180, 103), ("1.5b", 86, 50)],
)
def test_estimates_are_within_a_factor_of_two_of_what_was_measured(
    name: str, prompt: float, answer: float
) -> None:
    model = catalogue().find(name)
    (found,) = advise([model], TWO_CORES, 30)
    assert 0.5 <= found.prompt_speed / prompt <= 2
    assert 0.5 <= found.answer_speed / answer <= 2


def test_a_laptop_of_8_gb_is_told_something_that_runs_there() -> None:
    advice = advise(MODELS, LAPTOP, 30)
    chosen = best(advice, 480)
    assert chosen is not None
    assert chosen.fits
    assert chosen.needs_bytes <= LAPTOP.memory_bytes
    assert not chosen.restricted
    assert {each.model for each in advice if not each.fits} >= {"qwen3-14b-q4_k_m"}


def test_a_workstation_is_told_a_large_one_on_its_card() -> None:
    chosen = best(advise(MODELS, WORKSTATION, 30), 480)
    assert chosen is not None
    assert (chosen.where, chosen.quality >= 8) == ("gpu", True)


def test_a_machine_without_memory_is_told_nothing() -> None:
    assert best(advise(MODELS, replace(TWO_CORES, memory_bytes=1 << 30), 30), 480) is None


def test_a_night_too_short_for_all_gets_the_fastest() -> None:
    chosen = best(advise(MODELS, TWO_CORES, 100_000), 480)
    assert chosen is not None
    assert chosen.model == "qwen2.5-coder-0.5b-instruct-q4_k_m"


def test_a_translation_model_and_an_english_one_are_no_readers() -> None:
    names = {each.model for each in advise(MODELS, TWO_CORES, 30)}
    assert "nllb-200-distilled-600m-ct2" not in names
    assert "smollm2-135m-instruct-q4_1" not in names


def test_sizes_are_those_of_the_file_or_close() -> None:
    assert size_bytes(catalogue().find("1.5b")) == 1117320768
    # 4.02 billion parameters at Q4_K_M: the card says 2.5 GB
    assert 2.3e9 < size_bytes(catalogue().find("4b")) < 2.7e9
