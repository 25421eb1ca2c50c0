"""TeX accents in author names."""

import pytest

from digest.sources.accents import letters


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (r"Eduardo Garc\'ia-Portugu\'es", "Eduardo García-Portugués"),
        (r"Jakob Knollm\"uller", "Jakob Knollmüller"),
        (r"\'Etienne Marcotte", "Étienne Marcotte"),
        (r"Mar{\'\i}a Nu\~nez", "María Nuñez"),
        (r"Ka\v{c}a \v Cern\'{y}", "Kača Černý"),
        (r"S\o ren {\O}stergaard", "Søren Østergaard"),
        (r"\L ukasz Wei\ss", "Łukasz Weiß"),
        (r"Erd\H{o}s P\'al", "Erdős Pál"),
        (r"Fran\c{c}ois", "François"),
        ("Ana García", "Ana García"),
        (r"An \unknown{} Macro", r"An \unknown Macro"),
    ],
)
def test_letters(name, expected):
    assert letters(name) == expected
