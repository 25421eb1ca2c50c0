"""How a text becomes the tokens of a translation model, and an answer a text.

Reads a folder of CTranslate2 with its SentencePiece models, and sees that they belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece

from digest.engines import ct2_files
from digest.engines.families import Family, Vocabulary
from digest.errors import ModelError

_OWN_SHARE = 0.5
"""Of the pieces of a SentencePiece model, those that a vocabulary made from it has at least. An
OPUS-MT vocabulary joins the pieces of two and leaves out what its training did not hold."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text becomes the tokens of a model, and an answer a text.

    Args:
        source_pieces: The SentencePiece model of sources.
        target_pieces: That of answers.
        before: Tokens before each source.
        after: Tokens after it.
        prefix: What an answer starts with.
        special: Tokens that are no text: they can neither be written in a source nor be read in
            an answer.
        end: What ends an answer.
        added: Tokens that CTranslate2 adds to a source by itself.
    """

    source_pieces: Any
    target_pieces: Any
    before: tuple[str, ...]
    after: tuple[str, ...]
    prefix: tuple[str, ...]
    special: frozenset[str]
    end: str
    added: int

    def cut(self, text: str) -> list[str]:
        """The tokens of a source; one that spells a special token gets its letters instead."""
        clean = text.encode(errors="replace").decode()  # a lone surrogate has no bytes
        pieces = self.source_pieces.encode(clean, out_type=str)
        spelt = (
            letter for piece in pieces for letter in (piece if piece in self.special else [piece])
        )
        return [*self.before, *spelt, *self.after]

    def text(self, pieces: Sequence[str], *, finished: bool = True) -> str:
        """The text of an answer, without the white space around it.

        One that was cut off may end inside a character; those bytes are no text yet.
        """
        text: str = self.target_pieces.decode([p for p in pieces if p not in self.special])
        return (text if finished else text.rstrip("\ufffd")).strip()


def read(folder: Path, family: Family, source: str, target: str) -> Layout:
    """The layout of the model in ``folder``, each of whose tokens the model has.

    Raises:
        ConfigError: The family has no token for a language.
        ModelError: The model has not, or files are missing, damaged or of another model.
    """
    config = ct2_files.read_config(folder)
    reads = _vocabulary(folder, "source_vocabulary", "encoder/embeddings_0/weight")
    writes = _vocabulary(folder, "target_vocabulary", "decoder/embeddings/weight")
    source_pieces = _pieces(folder, family.source_pieces, reads)
    before = family.tokens(family.before, source, target, reads)
    if family.marker_is_text and before:
        before = _spelt(source_pieces, before)
    end = config.get("eos_token", "</s>")
    for token, vocabulary in ((end, reads), (end, writes)):
        if token not in vocabulary.tokens:
            raise ModelError(f"{vocabulary.name} has no token {token}, which ends a text")
    adds_end = bool(config.get("add_source_eos"))
    own = {
        config.get(key) for key in ("eos_token", "bos_token", "unk_token", "decoder_start_token")
    }
    marks = {*reads.matching(family.pattern), *writes.matching(family.pattern)}
    return Layout(
        source_pieces=source_pieces,
        target_pieces=_pieces(folder, family.target_pieces, writes),
        before=before,
        after=() if adds_end else (end,),
        prefix=family.tokens(family.prefix, source, target, writes),
        special=frozenset({token for token in own if token} | marks),
        end=end,
        added=adds_end + bool(config.get("add_source_bos")),
    )


def _spelt(pieces: Any, marks: tuple[str, ...]) -> tuple[str, ...]:
    """As SentencePiece writes them, with the mark of a word before; bare where it lacks one."""
    spelt = tuple(pieces.encode(" ".join(marks), out_type=str))
    return spelt if set(marks) <= set(spelt) else marks


def positions(folder: Path, family: Family, context: int) -> int:
    """Tokens that the model reads, the least that catalogue, family and weights say."""
    shapes = ct2_files.read_shapes(folder)
    names = (f"{part}/position_encodings/encodings" for part in ("encoder", "decoder"))
    rows = [shapes[name][0] for name in names if shapes.get(name)]
    return min([context, family.positions or context, *rows])


def _vocabulary(folder: Path, name: str, embeddings: str) -> Vocabulary:
    path, tokens = ct2_files.read_vocabulary(folder, "shared_vocabulary", name)
    ct2_files.check_size(folder, path, len(tokens), embeddings)
    return Vocabulary(str(path), frozenset(tokens))


def _pieces(folder: Path, names: Sequence[str], vocabulary: Vocabulary) -> Any:
    """The first of the SentencePiece models ``names`` that is there.

    Raises:
        ModelError: None is, or it is no such model, or not that of the vocabulary.
    """
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise ModelError(f"no {' or '.join(names)} in {folder}")
    pieces = sentencepiece.SentencePieceProcessor()
    try:
        pieces.load_from_serialized_proto(path.read_bytes())
    except (OSError, RuntimeError) as exc:
        raise ModelError(f"SentencePiece cannot load {path}: {exc}") from exc
    size = pieces.get_piece_size()
    known = sum(pieces.id_to_piece(i) in vocabulary.tokens for i in range(size))
    if known < size * _OWN_SHARE:
        raise ModelError(
            f"{path} does not belong to {vocabulary.name}, which has {known} of its {size} pieces"
        )
    return pieces
