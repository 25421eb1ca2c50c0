"""What the configuration asks for, put together: a day against a model server."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from digest import assembly
from digest.config import Config
from digest.errors import ConfigError
from digest.evaluate.chat import FakeChat, Reply
from digest.generation import DecodeOptions, Prompt
from digest.pipeline import Day, run_day
from digest.sources.folder import FolderSource

SAMPLES = Path(__file__).parent / "data" / "papers"


def answer(body: dict[str, Any], _number: int) -> Reply:
    """A Chinese sentence with the numbers of what was asked, which is all that checks can see."""
    text = body["messages"][-1]["content"].rsplit("\n\n", 1)[-1]
    numbers = "、".join(re.findall(r"\d+(?:\.\d+)?%?", text))
    return Reply(text=f"论文给出了若干测量与结果的说明 {numbers}。")


@pytest.mark.loopback
def test_a_day_against_a_model_server_needs_no_weights(config: Config) -> None:
    with FakeChat(answer, models=("big",)) as chat:
        served = replace(
            config, server=chat.url, model="server:big", translator="server:big", server_requests=6
        )
        day = Day("2026-01-23", FolderSource(SAMPLES, 2))
        with assembly.tools(served) as tools:
            report = run_day(day, served, assembly.store(served), tools)
    assert report.failed == []
    assert report.coverage["full"] == 2
    assert report.post is not None
    assert {body["model"] for body in chat.bodies} == {"big"}
    assert 2 <= chat.most_at_work <= 6
    log = (config.home / "hosts.log").read_text()
    assert {line.split("\t")[1] for line in log.splitlines()} == {"127.0.0.1"}
    query = "SELECT DISTINCT record FROM result WHERE stage IN ('explain', 'translate')"
    made_by = [row[0] for row in assembly.store(served).database.query(query)]
    assert all('"engine":"server"' in text and '"model":"big"' in text for text in made_by)


def test_a_server_that_is_not_set(config: Config) -> None:
    with (
        pytest.raises(ConfigError, match="server:big names a model server, but none is set"),
        assembly.reader(replace(config, model="server:big")),
    ):
        pass


def test_a_public_server_is_refused_before_anything_is_sent(config: Config) -> None:
    named = replace(config, model="server:big", server="http://8.8.8.8/v1")
    with assembly.reader(named) as engine, pytest.raises(ConfigError, match="would leave the lab"):
        engine.complete(Prompt("s", "t"), ["x"], DecodeOptions())
