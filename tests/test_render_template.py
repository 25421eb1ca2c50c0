import pytest

from digest.errors import ConfigError
from digest.render import template
from digest.render.post import FORMS, Style, post
from tests.test_render_post import HEADING, entry


def with_template(folder, text, name="jekyll.md.j2"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return post(HEADING, [entry()], Style("jekyll", folder))


def test_ours_are_a_form_each_and_what_they_share():
    assert template.names() == sorted(
        [*(f"{f}.md.j2" for f in (*FORMS, "front", "parts", "post", "weekly"))]
    )
    with pytest.raises(ConfigError, match=r"no template is called 'x\.md\.j2'"):
        template.source("x.md.j2")


def test_a_copy_of_ours_changes_nothing(tmp_path):
    wanted = post(HEADING, [entry()])
    assert with_template(tmp_path, template.source("jekyll.md.j2")) == wanted
    assert with_template(tmp_path, template.source("parts.md.j2"), "parts.md.j2") == wanted


def test_a_file_of_the_lab_goes_before_ours(tmp_path):
    mine = """{% extends "digest/jekyll.md.j2" %}
{% block facts scoped %}
# {{ paper.title | md }}
{% endblock %}
"""
    text = with_template(tmp_path, mine)
    assert "\n# Keyword \\*Spotting\\*\n" in text
    assert text.startswith("---\nlayout: post\n")
    assert "**Authors**" not in text


def test_a_changed_file_is_read_again(tmp_path):
    assert with_template(tmp_path, "one") == "one"
    assert with_template(tmp_path, "{{ title }}!") == "arXiv Daily!"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("one\n{% if %}", r"jekyll\.md\.j2:2: TemplateSyntaxError"),
        ("{{ papers[0].tilte }}", r"jekyll\.md\.j2:1: UndefinedError.*tilte"),
        ("\n\n{{ 1 // 0 }}", r"jekyll\.md\.j2:3: ZeroDivisionError"),
        ("{{ 'x' + 1 }}", r"jekyll\.md\.j2:1: TypeError"),
        ('\n{% extends "nothing" %}', r"jekyll\.md\.j2:2: TemplateNotFound"),
        ("{{ ''.__class__.__mro__ }}", r"jekyll\.md\.j2:1: SecurityError"),
        ("{{ papers.append(1) }}", r"jekyll\.md\.j2:1: SecurityError"),
        ("{{ papers | random }}", r"jekyll\.md\.j2:1: TemplateAssertionError"),
        ("{{ lipsum() }}", r"jekyll\.md\.j2:1: UndefinedError"),
        ("{% import 'jekyll.md.j2' as x %}", r"jekyll\.md\.j2:1: RecursionError"),
        ("\n{{ 'x' * 10**18 }}", r"jekyll\.md\.j2:2: MemoryError$"),
        ("{{ 'x' * 10**19 }}", r"jekyll\.md\.j2:1: OverflowError"),
        ("{{ cycler() }}", r"jekyll\.md\.j2:1: RuntimeError"),
        ("{% for x in y %}" * 21 + "{% endfor %}" * 21, r"jekyll\.md\.j2: SyntaxError: too"),
    ],
)
def test_a_broken_template_is_named_with_its_line(tmp_path, text, problem):
    with pytest.raises(ConfigError, match=problem) as caught:
        with_template(tmp_path, text)
    assert "digest templates --copy" in caught.value.hint


def test_a_template_that_is_no_text_is_named_by_its_folder(tmp_path):
    (tmp_path / "jekyll.md.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UnicodeDecodeError"):
        post(HEADING, [entry()], Style("jekyll", tmp_path))


def test_a_template_reads_no_file_outside_its_folder(tmp_path):
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "templates"
    with pytest.raises(ConfigError, match="TemplateNotFound"):
        with_template(folder, '{% include "../secret" %}')
