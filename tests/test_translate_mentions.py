"""First mentions and later ones."""

from digest.generation import Completion
from digest.translate.drafts import Drafting
from digest.translate.languages import LANGUAGES
from digest.translate.mentions import with_first_mentions
from digest.words.terms import Glossary, Term

GLOSSARY = Glossary([Term("federated learning", "联邦学习", "FL")])


def _mentions(pairs: list[tuple[str, str]]) -> list[str]:
    drafting = Drafting(LANGUAGES["zh-Hans"], GLOSSARY)
    drafts = [drafting.of_text(source, target) for source, target in pairs]
    text = " ".join(source for source, _ in pairs)
    return [draft.text for draft in with_first_mentions(text, drafts, drafting, GLOSSARY)]


def test_english_is_put_before_the_short_form() -> None:
    found = _mentions([("We use federated learning (FL) here.", "我们在此使用联邦学习（FL）。")])
    assert found == ["我们在此使用联邦学习（federated learning，FL）。"]


def test_a_long_form_left_in_english_gets_its_name() -> None:
    found = _mentions([("We use federated learning (FL).", "我们使用 federated learning (FL)。")])
    assert found == ["我们使用联邦学习（federated learning，FL）。"]


def test_later_mentions_are_short_where_the_source_is() -> None:
    found = _mentions(
        [
            ("We use federated learning (FL).", "我们使用联邦学习（FL）。"),
            ("Here FL is slow.", "这里联邦学习很慢。"),
            ("But federated learning is safe.", "但联邦学习是安全的。"),
        ]
    )
    assert found[1:] == ["这里 FL 很慢。", "但联邦学习是安全的。"]


def test_what_cannot_be_placed_stays() -> None:
    found = _mentions([("We use fast gradient masks (FGM).", "我们使用快速梯度掩码。")])
    assert found == ["我们使用快速梯度掩码。"]


def test_no_word_is_cut_for_a_short_form() -> None:
    found = _mentions(
        [
            ("We use an application interface (AI2).", "我们使用应用程序接口（AI2）。"),
            ("The AI2 is fast.", "该应用程序接口快速。"),
        ]
    )
    assert found[1] == "该应用程序接口快速。"


def test_a_doubt_of_the_model_outlasts_a_first_mention() -> None:
    drafting = Drafting(LANGUAGES["zh-Hans"], GLOSSARY)
    source = "We use federated learning (FL)."
    answer = Completion("我们使用联邦学习（FL）。", 9, True, score=-2.0)
    (draft,) = with_first_mentions(source, [drafting.draft(source, answer)], drafting, GLOSSARY)
    assert "federated learning" in draft.text
    assert draft.checks["doubt"] is False
