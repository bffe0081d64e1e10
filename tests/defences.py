"""Takes each defence out, one after the other, and sees that a test goes red without it.

`uv run python tests/defences.py [WORD …]`: all of them, or those whose promise or file has one of
the words in it. It works on a copy; the tests that belong to each are those that `defences.toml`
names. Takes some minutes.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".toml")
COPIED = ("server", "gui", "images", "tests", "pyproject.toml", "README.md", "CHANGELOG.md")
MOST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Defence:
    """A line that keeps a promise.

    Attributes:
        file: where it is, relative to the project.
        there: the text of it, which the file has once.
        without: what stands in its place when it is taken out.
        tests: what pytest is to run, of which something goes red then.

    """

    promise: str
    file: str
    there: str
    without: str
    tests: tuple[str, ...]

    def taken_out(self, text: str) -> str:
        """Give the file's *text* without it. Raises ValueError unless it is there, once."""
        if text.count(self.there) != 1:
            raise ValueError(f"{self.file} does not have this once: {self.there}")
        return text.replace(self.there, self.without)


def defences() -> list[Defence]:
    """Read the table."""
    told = tomllib.loads(TABLE.read_text(encoding="utf-8"))["defence"]
    return [Defence(**{**each, "tests": tuple(each["tests"])}) for each in told]


def outcome(defence: Defence, copy: Path) -> str:
    """Run the tests without *defence*: "red", "hangs" or "green", which is a test too few."""
    file = copy / defence.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(defence.taken_out(whole), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, *defence.tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": os.fspath(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    finally:
        file.write_text(whole, encoding="utf-8")
    # Anything but 0 and 1 says that pytest itself was called wrongly, or the tests cannot begin.
    return {0: "green", 1: "red"}.get(done.returncode, done.stdout.decode()[-2000:])


def main() -> int:
    """Take them out; returns how many of them no test misses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", metavar="WORD")
    asked = parser.parse_args()
    chosen = [
        each
        for each in defences()
        if not asked.words or any(word in f"{each.promise} {each.file}" for word in asked.words)
    ]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = PROJECT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        for number, each in enumerate(chosen, 1):
            found = outcome(each, copy)
            missed += found not in {"red", "hangs"}
            sys.stdout.write(f"{number:3}/{len(chosen)}  {found:6}  {each.promise}\n")
            sys.stdout.flush()
    return min(missed, 100)


if __name__ == "__main__":
    sys.exit(main())
