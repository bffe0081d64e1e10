"""The API's own description, and whether the API is like that."""

import json
import re
import subprocess
import sys

import pytest

from server.application import Application
from server.folder import SharedFolder

CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "302", "303", "304", "403", "404", "412", "416"]

# TRACE with a body, which only POST may have here, is refused for the body before the method.
[[operations]]
include-path = "/zip"
checks.unsupported_method.enabled = false
"""


@pytest.fixture
def description(browser):
    return json.loads(browser("/api/openapi.json").body)


def test_every_route_of_the_api_is_described(description, holiday):
    rules = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule).replace("file_name", "path").removesuffix("/")
        for rule in Application(SharedFolder(holiday)).routes().url_map.iter_rules()
    }
    described = {path.replace("{name}", "{path}") for path in description["paths"]}
    assert described <= rules
    roads = ("/api", "/download", "/thumb", "/zip")
    assert {rule for rule in rules if rule.startswith(roads)} <= described


def test_the_api_is_as_described(share, description, tmp_path):
    """Lets schemathesis try whatever the description allows, and some of what it does not."""
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"]
    phases = ["--max-examples", "15", "--phases", "examples,coverage,fuzzing"]
    # A stream of events has no end that could be waited for; it has tests of its own.
    phases += ["--exclude-path-regex", "^/api/events"]
    quietly = ["--no-color", "run", "--warnings", "off", "--generation-database", "none"]
    done = subprocess.run(
        [*command, *quietly, *phases, f"{share.address}/api/openapi.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # The description itself is not counted.
    paths = description["paths"].items()
    described = sum(len(can) for path, can in paths if not path.startswith("/api/events"))
    assert f"Tested: {described - 1}\n" in done.stdout


@pytest.mark.parametrize("path", ["/api/folder", "/api/folder?limit=1", "/files", "/"])
def test_no_reply_leads_to_an_address_that_nobody_has(browser, path):
    reply = browser(path)
    assert reply.status in {200, 302}
    assert b"share.invalid" not in reply.body
    assert "//" not in reply.headers.get("Location", "")
