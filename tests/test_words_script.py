"""Simplified and traditional characters."""

from digest.words.script import is_simplified, to_simplified, to_traditional


def test_scripts_are_converted_with_their_words() -> None:
    assert to_traditional("软件用神经网络识别语音。") == "軟體用神經網路識別語音。"
    assert to_simplified("軟體與神經網路") == "软体与神经网路"  # characters alone


def test_what_is_not_chinese_stays() -> None:
    text = "WER 为 5.2%（$x_1$）"
    assert to_simplified(text) == text


def test_traditional_characters_are_seen() -> None:
    assert is_simplified("著名的方法，乾坤")
    assert not is_simplified("語音识别")
