"""What is asked of OSV, and what is kept of its answers."""

import json

import httpx
import pytest

from scripts.supply.advisories import API, fetched

AFFECTED = {
    "package": {"name": "Jinja2", "ecosystem": "PyPI"},
    "versions": ["3.1.5"],
    "ranges": [
        {"type": "GIT", "repo": "https://example.org", "events": []},
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.6"}]},
    ],
}
OTHER = {"package": {"name": "jinja2", "ecosystem": "Debian:12"}, "versions": ["3.1.2-1"]}
FIRST = {"id": "GHSA-1", "aliases": ["CVE-2"], "summary": "One.", "affected": [AFFECTED, OTHER]}
SECOND = {"id": "PYSEC-2", "details": "Two.\nMore.", "affected": []}
GONE = {"id": "GHSA-3", "withdrawn": "2026-01-01T00:00:00Z", "affected": []}


def osv(request):
    assert str(request.url) == API
    body = json.loads(request.content)
    if body["package"] != {"name": "jinja2", "ecosystem": "PyPI"}:
        return httpx.Response(200, json={})
    if "page_token" in body:
        assert body["page_token"] == "more"
        return httpx.Response(200, json={"vulns": [SECOND, GONE]})
    return httpx.Response(200, json={"vulns": [FIRST], "next_page_token": "more"})


def test_every_page_is_asked_for_and_cut_down_to_what_is_read():
    with httpx.Client(transport=httpx.MockTransport(osv)) as client:
        pinned = fetched(client, ["click", "jinja2"], "2026-11-29")
    ecosystem = [AFFECTED["ranges"][1]]
    assert pinned == {
        "source": API,
        "date": "2026-11-29",
        "packages": {
            "click": [],
            "jinja2": [
                {
                    "id": "GHSA-1",
                    "aliases": ["CVE-2"],
                    "summary": "One.",
                    "affected": [{"versions": ["3.1.5"], "ranges": ecosystem}],
                },
                {"id": "PYSEC-2", "aliases": [], "summary": "Two.", "affected": []},
            ],
        },
    }


def test_a_refusal_is_no_empty_answer():
    refusing = httpx.MockTransport(lambda request: httpx.Response(503))
    with httpx.Client(transport=refusing) as client, pytest.raises(httpx.HTTPError, match="503"):
        fetched(client, ["click"], "2026-11-29")
