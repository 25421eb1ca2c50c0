"""The keys under which results are kept: a hash of what each is made from and of what makes it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from digest.records import MadeBy, to_json


def result_key(stage: str, made_from: Sequence[str], made_by: MadeBy) -> str:
    """The key of a result: sha256 over its stage, what it is made from and what makes it."""
    digest = hashlib.sha256()
    for part in (stage, *made_from):
        digest.update(hashlib.sha256(part.encode()).digest())
    digest.update(to_json(made_by))
    return digest.hexdigest()


def document_key(pdf_sha256: str, made_by: MadeBy) -> str:
    """Of what a PDF says."""
    return result_key("extract", [pdf_sha256], made_by)


def translation_key(abstract: str, title: str, made_by: MadeBy) -> str:
    """Of an abstract in translation; ``title``: empty where it is not translated, too."""
    return result_key("translate", [abstract, *filter(None, [title])], made_by)


def reading_key(document: str, title: str, abstract: str, made_by: MadeBy) -> str:
    """Of a paper's reading; ``document``: the key of its text, empty where it has none."""
    return result_key("explain", [document, title, abstract], made_by)
