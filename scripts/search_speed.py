"""How fast is a search over many papers? Makes a home of them, indexes it and asks.

The texts are nonsense with the length and the spread of words of real ones: an abstract, its
translation, twenty claims and the sentences that they cite. Rows are written in bulk; only the
index is made as a home's own is.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from digest.records import (
    ArxivId,
    Breakdown,
    Claim,
    Evidence,
    MadeBy,
    Paper,
    TranslatedSentence,
    Translation,
    to_json,
)
from digest.store import Store
from digest.store.matching import terms
from digest.store.posts import PostHeading, PostItem

MADE = MadeBy("none", "1")
PAPERS_A_DAY = 27
ASKED = (
    ["语音识别"],
    ["语音"],
    ["speech recognition"],
    ["speech", "recognition"],
    ["diffusion", "扩散"],
    ["model"],
    ["wordnowherefound"],
)
"""Rare and common, Chinese and English, a phrase, several words, nothing."""


class Writer:
    """Writes nonsense: words and characters as rare as Zipf has them, and some that are sought."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        letters = "aeioulnrst"
        made = ("".join(self._random.choices(letters, k=3 + n % 7)) for n in range(40_000))
        self._words = ["model", "speech", "recognition", "diffusion", *made]
        self._characters = [*"语音识别模型扩散", *(chr(0x4E00 + n) for n in range(3000))]
        self._word_sums = _zipf(len(self._words))
        self._character_sums = _zipf(len(self._characters))

    def english(self, count: int) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=self._word_sums, k=count))

    def chinese(self, count: int) -> str:
        text = self._random.choices(self._characters, cum_weights=self._character_sums, k=count)
        for at in range(17, count, 18):
            text[at] = "，"
        if self._random.random() < 0.05:
            text[:4] = "语音识别"
        return "".join(text)


def _zipf(count: int) -> list[float]:
    total, sums = 0.0, []
    for rank in range(1, count + 1):
        total += 1 / rank
        sums.append(total)
    return sums


def papers(count: int, writer: Writer) -> Iterator[tuple[str, int, PostItem, list[list[str]]]]:
    """``(date, position, item, its results' rows)`` of each paper, newest last."""
    first = date(2026, 1, 1) - timedelta(days=count // PAPERS_A_DAY)
    for n in range(count):
        day, position = divmod(n, PAPERS_A_DAY)
        identity = ArxivId.parse(f"{10 + n // 100_000:02}{1 + n % 12:02}.{n % 100_000:05}v1")
        paper = Paper(
            identity, writer.english(10), ("Ada Lovelace", "Alan Turing"), writer.english(180)
        )
        translation = Translation("", "zh-Hans", writer.chinese(350), (), {}, MADE)
        sentence = TranslatedSentence(paper.abstract, translation.text, {"numbers": True})
        claims = tuple(
            Claim("", writer.chinese(45), (_evidence(m, writer),), "verified") for m in range(20)
        )
        made = {
            "translate": Translation("", "zh-Hans", sentence.text, (sentence,), {}, MADE),
            "explain": Breakdown((), (), claims, "full", (), MADE),
        }
        rows = [[key(s, n), str(identity), s, to_json(r).decode()] for s, r in made.items()]
        keys = key("extract", n), key("translate", n), key("explain", n)
        item = PostItem(paper, hashlib.sha256(str(n).encode()).hexdigest(), *keys)
        yield (first + timedelta(days=day)).isoformat(), position, item, rows


def key(stage: str, number: int) -> str:
    """Of a result: as scattered as real ones."""
    return hashlib.sha256(f"{stage} {number}".encode()).hexdigest()


def _evidence(number: int, writer: Writer) -> Evidence:
    return Evidence("sentence", f"s{number}", 1, writer.english(22))


def fill(store: Store, count: int) -> None:
    """Write papers, results and posts, thousands of rows at a time."""
    heading = to_json(PostHeading("arXiv Daily", ("cs.SD",), ("none",))).decode()
    batch: list[tuple[str, int, PostItem, list[list[str]]]] = []
    for made in papers(count, Writer(1)):
        batch.append(made)
        if len(batch) == 3000:
            _write(store, batch, heading)
            batch = []
    _write(store, batch, heading)


def _write(
    store: Store, batch: Sequence[tuple[str, int, PostItem, list[list[str]]]], heading: str
) -> None:
    if not batch:
        return
    items = [[d, p, str(item.paper.id), to_json(item).decode()] for d, p, item, _ in batch]
    results = [row for *_, rows in batch for row in rows]
    with store.database.transaction() as con:
        con.execute(
            "INSERT INTO post_item SELECT unnest(?), unnest(?), unnest(?), unnest(?)",
            [list(column) for column in zip(*items, strict=True)],
        )
        con.execute(
            """INSERT INTO result SELECT key, paper, stage, record, '{}', 0.0, now()::TIMESTAMP
               FROM (SELECT unnest(?) AS key, unnest(?) AS paper, unnest(?) AS stage,
                            unnest(?) AS record)""",
            [list(column) for column in zip(*results, strict=True)],
        )
        con.execute(
            "INSERT OR IGNORE INTO post SELECT unnest(?), ?, now()::TIMESTAMP",
            [sorted({d for d, *_ in batch}), heading],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="kept there, and used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = arguments.home or Path(folder)
        if not (home / "digest.duckdb").exists():
            started = time.monotonic()
            fill(Store(home / "digest.duckdb"), arguments.papers)
            print(f"{arguments.papers} papers written in {time.monotonic() - started:.0f} s")
        report(home)


def report(home: Path) -> None:
    """Index what is not indexed, and time each question in a store that was just opened."""
    started = time.monotonic()
    indexed = Store(home / "digest.duckdb").search.update()
    print(f"{indexed} papers indexed in {time.monotonic() - started:.0f} s")
    for name in ("digest.duckdb", "search.sqlite"):
        print(f"{name}: {(home / name).stat().st_size / 1e6:.0f} MB")
    print("question                  found  first ms  median ms of 5")
    for words in ASKED:
        times = []
        for _ in range(6):
            store = Store(home / "digest.duckdb")
            started = time.monotonic()
            store.search.update()
            found = store.search.find(terms(words), 20)
            times.append((time.monotonic() - started) * 1000)
        median = statistics.median(times[1:])
        asked = " ".join(f'"{word}"' if " " in word else word for word in words)
        print(f"{asked:<25} {len(found):>5} {times[0]:>9.0f} {median:>10.0f}")


if __name__ == "__main__":
    main()
