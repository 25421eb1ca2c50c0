"""Posts as a static site: days, papers, months, categories, search, and the page behind a claim.

It works opened as a file: no page asks for anything but scripts, styles and pictures beside it,
and data comes as scripts. A day has a folder of its own, so that a new day costs a day's work.
Knows the records and what a post says of them; pictures of PDF pages are handed in.

    build.py      which days changed, and what is written for them
    day.py        one day and its papers as what the templates show
    claim.py      a claim, its evidence, and where both stand on a page
    text.py       text from outside as HTML    mathml.py   TeX as MathML
    listing.py    home, months and categories, from what each day left behind
    index.py      the search index             static/     what runs in the browser
    serve.py      the site on loopback
"""
