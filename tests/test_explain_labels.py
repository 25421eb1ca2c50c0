import pytest

from digest.explain.labels import label
from digest.explain.roles import COMPARISON, ROLES, named


@pytest.mark.parametrize("language", ["zh", "ja", "ko", "de", "fr"])
def test_every_role_has_a_label_of_its_own(language):
    roles = [role for role in ROLES if role is not COMPARISON]
    labels = [label(role, language) for role in roles]
    assert len(set(labels)) == len(roles)


def test_labels_are_in_their_language():
    assert label(named("finding"), "zh") == "主要结果"
    assert label(named("finding"), "fr") == "Principaux résultats"
