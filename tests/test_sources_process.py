import pytest

from digest.errors import FetchError
from digest.records import ArxivId
from digest.sources.arxiv import Known, LookOptions
from digest.sources.endpoints import Endpoints
from digest.sources.http import HttpOptions
from digest.sources.process import ArxivProcess

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def asking(tmp_path):
    options = HttpOptions(
        tries=1, pace_s=0.0, pace_file=tmp_path / "pace", cache_dir=tmp_path / "c"
    )
    endpoints = Endpoints(NOBODY, NOBODY, NOBODY, NOBODY)
    process = ArxivProcess(options, endpoints, ())
    yield process
    process.kill()


def test_what_the_process_meets_comes_as_what_it_is(asking, tmp_path):
    look = asking.look({"cs.SD": Known("", "")}, LookOptions())
    assert {(visit.by, visit.state) for visit in look.visits} == {
        ("feed", "failed"),
        ("api", "failed"),
    }
    with pytest.raises(FetchError, match=r"127\.0\.0\.1"):
        asking.download(ArxivId.parse("2601.00001v1"), tmp_path / "a.pdf")
    hosts = (tmp_path / "hosts.log").read_text().splitlines()
    assert {line.split("\t")[1] for line in hosts} == {"127.0.0.1"}


def test_when_it_is_closed_nobody_is_asked_any_more(asking, tmp_path):
    asking.close()
    with pytest.raises(FetchError, match="the network is closed for this run"):
        asking.download(ArxivId.parse("2601.00001v1"), tmp_path / "a.pdf")
    with pytest.raises(FetchError, match="the network is closed for this run"):
        asking.by_id([ArxivId.parse("2601.00001")])
