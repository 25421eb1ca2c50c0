"""Data as scripts."""

import pytest

from digest.errors import StoreError
from digest.site.shards import read, script, write


def test_a_script_hands_over_its_content():
    assert script("a/0.js", {"题": '"</script>'}) == (
        'DigestSearch.take("a/0.js",{"题":"\\"</script>"});\n'.encode()
    )


def test_what_is_written_is_read(tmp_path):
    write(tmp_path, "text/1/0.js", ["a", "语音"])
    assert read(tmp_path, "text/1/0.js") == ["a", "语音"]


@pytest.mark.parametrize(
    "content", ["", 'DigestSearch.take("b.js",1);\n', 'DigestSearch.take("a.js",[);\n']
)
def test_a_damaged_script_is_named(tmp_path, content):
    (tmp_path / "a.js").write_text(content)
    with pytest.raises(StoreError, match=r"damaged: .*a\.js"):
        read(tmp_path, "a.js")
