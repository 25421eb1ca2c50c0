import pytest

from digest.errors import ConfigError
from digest.render.template import FORMS, Style
from digest.render.trial import trial


@pytest.mark.parametrize("form", FORMS)
def test_our_own_templates_hold(form):
    assert trial(Style(form), with_week=True) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jekyll", "{% if paper.abs_url %}{{ paper.txet }}{% endif %}"),
        ("jekyll", "{% if not paper.abs_url %}{{ paper.txet }}{% endif %}"),
        ("jekyll", "{% if paper.mark %}{{ paper.mark[2] }}{% endif %}"),
        ("jekyll", "{% for note in paper.notes %}{{ note.txet }}{% endfor %}"),
        ("jekyll", "{% if paper.figure %}{{ paper.figure.txet }}{% endif %}"),
        ("jekyll", "{% if paper.parts %}{{ paper.parts[0][0].children[0].txet }}{% endif %}"),
        ("jekyll", "{% if span and span.left_out %}{{ span.left_out[0].txet }}{% endif %}"),
        ("jekyll", "{% if span and span.updates %}{{ span.updates[0].txet }}{% endif %}"),
        ("jekyll", "{% if span and span.problems %}{{ span.problems[0].txet }}{% endif %}"),
        ("weekly", "{% for finding in paper.findings %}{{ finding.txet }}{% endfor %}"),
    ],
)
def test_a_fault_is_found_wherever_it_is(tmp_path, name, text):
    papers = "papers" if name == "jekyll" else "groups[0][1] if groups"
    whole = "{% for paper in " + papers + " %}\n" + text + "\n{% endfor %}"
    (tmp_path / f"{name}.md.j2").write_text(whole)
    with pytest.raises(ConfigError, match=rf"{name}\.md\.j2:2: UndefinedError.*(txet|element 2)"):
        trial(Style("jekyll", tmp_path), with_week=True)


def test_a_weekly_template_that_is_not_used_holds_up_nothing(tmp_path):
    (tmp_path / "weekly.md.j2").write_text("{% if %}")
    assert trial(Style("jekyll", tmp_path), with_week=False) is None
