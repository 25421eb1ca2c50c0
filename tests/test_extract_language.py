"""The language of a text, offline."""

from __future__ import annotations

import pytest

from digest.confinement import Limits
from digest.extract.language import english_share, language_of
from digest.worker import Worker


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("We present a method for the recognition of speech in noise", "en"),
        ("Nous présentons une méthode de reconnaissance de la parole dans le bruit", "fr"),
        ("Wir stellen ein Verfahren zur Spracherkennung in lauter Umgebung vor", "de"),
        ("Konuşma tanıma için gürültüye dayanıklı yeni bir yöntem sunuyoruz", "tr"),
        ("Мы представляем метод распознавания речи в шумной обстановке города", "ru"),
        ("我们提出了一种在嘈杂环境中进行语音识别的方法", "zh"),
        ("雑音の多い環境における音声認識のための手法を提案する", "ja"),
        ("시끄러운 환경에서 음성 인식을 위한 방법을 제안한다", "ko"),
        ("qx zr vbn wqk jhg xzq pplm ghjk " * 30, ""),
        ("\x11\x04\x0b\x02 \x03\x07 \t\x14" * 60, ""),
        ("12.5 34 0.1", ""),
        ("", ""),
    ],
)
def test_languages_and_none(text: str, code: str) -> None:
    assert language_of(text) == code


def test_a_quotation_does_not_decide() -> None:
    body = "Nous présentons une méthode de reconnaissance de la parole dans le bruit. " * 30
    quotation = "Wir stellen ein Verfahren zur Spracherkennung in lauter Umgebung vor. " * 6
    assert language_of(body + quotation) == "fr"


def test_function_words_are_counted_by_word() -> None:
    assert english_share("the model of theory") == 0.5
    assert english_share("12 + 3") == 0.0


class Teller:
    """What a worker holds here."""

    def tell(self, text: str) -> str:
        return language_of(text)


def test_it_needs_no_file_to_write_to() -> None:
    limits = Limits(memory_bytes=2 << 30, file_bytes=0)
    text = "Nous présentons une méthode de reconnaissance de la parole dans le bruit"
    with Worker("tests.test_extract_language:Teller", limits=limits) as worker:
        assert worker.call("tell", text, timeout_s=30) == "fr"
