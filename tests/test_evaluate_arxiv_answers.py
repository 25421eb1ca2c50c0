"""The fake arXiv's PDFs: a page of two sentences, or papers that are handed to it."""

from datetime import UTC, datetime

import pytest

from digest.calendar import load_calendar
from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.clock import SimulatedClock
from digest.evaluate.arxiv.seeding import Mix, generate


@pytest.fixture(scope="module")
def world():
    mix = Mix(per_batch={"cs.SD": 2})
    return generate(load_calendar(), "2026-10-05", "2026-10-12", seed=7, mix=mix)


@pytest.fixture
def clock():
    return SimulatedClock(datetime(2026, 11, 18, 6, tzinfo=UTC))


def test_papers_are_served_in_turn_and_always_the_same(world, clock, tmp_path):
    for name in ("b.pdf", "a.pdf", "notes.txt"):
        (tmp_path / name).write_bytes(b"%PDF-1.4 " + name.encode())
    answers = Answers(world, clock, pdfs=tmp_path)
    known = [paper.base for paper in world.preprints if not paper.versions[0].withdrawn]
    asked = [base for base in known if world.find(base).batch <= "2026-10-12"][:3]
    turns = [[paper.base for paper in world.preprints].index(base) % 2 for base in asked]
    wanted = [(b"%PDF-1.4 a.pdf", b"%PDF-1.4 b.pdf")[turn] for turn in turns]
    for _ in range(2):
        assert [answers.reply(f"/pdf/{base}v1").body for base in asked] == wanted
    assert set(turns) == {0, 1}


def test_without_papers_each_has_a_page_of_its_own(world, clock):
    answers = Answers(world, clock)
    bodies = {answers.reply(f"/pdf/{paper.base}v1").body for paper in world.preprints[:3]}
    assert len(bodies) == 3
