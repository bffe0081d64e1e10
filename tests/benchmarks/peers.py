"""The servers that are compared: started over the same folder, measured from outside, ended.

Everything stays on loopback. Only processes that were started here are ended, and nothing is
left behind but what the package managers keep.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[2]))

from server import certificate

ROOT = Path(__file__).parents[2]
# Seconds for a server to answer; the first start of one may have to fetch it.
_STARTS_IN = 120
_TICKS = os.sysconf("SC_CLK_TCK")

_NGINX = """
worker_processes 1; daemon off; pid {scratch}/nginx.pid; error_log {scratch}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; types {{}}
  default_type application/octet-stream;
  client_body_temp_path {scratch}/nginx-body; proxy_temp_path {scratch}/nginx-proxy;
  fastcgi_temp_path {scratch}/nginx-fastcgi; uwsgi_temp_path {scratch}/nginx-uwsgi;
  scgi_temp_path {scratch}/nginx-scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
_SEED = """
from flask import Flask, abort, send_from_directory
app = Flask(__name__)
@app.route('/download2/<path:file_name>')
def download_2(file_name):
    try:
        return send_from_directory({folder!r}, path=file_name, as_attachment=True)
    except FileNotFoundError:
        abort(404)
app.run(port={port})
"""


@dataclass(frozen=True)
class Place:
    """What a server is started with."""

    folder: Path
    scratch: Path
    port: int


@dataclass(frozen=True)
class Peer:
    """A server that can be started; *before* is what stands before a file's name in its URLs."""

    name: str
    before: str
    command: Callable[[Place], list[str]]
    needs: str = ""

    @property
    def is_missing(self) -> bool:
        return bool(self.needs) and shutil.which(self.needs) is None


def _nginx(place: Place) -> list[str]:
    settings = place.scratch / f"nginx-{place.port}.conf"
    settings.write_text(
        _NGINX.format(scratch=place.scratch, folder=place.folder, port=place.port),
        encoding="utf-8",
    )
    if os.geteuid() == 0:
        # Its worker would run as a user who may not read a temporary folder.
        settings.write_text("user root;" + settings.read_text("utf-8"), encoding="utf-8")
    return ["nginx", "-e", str(place.scratch / "nginx.log"), "-c", str(settings)]


def _nginx_with_tls(place: Place) -> list[str]:
    command = _nginx(place)
    pem = place.scratch / f"nginx-{place.port}.pem"
    pem.write_bytes(certificate.drawn().pem)
    settings = Path(command[-1])
    text = settings.read_text("utf-8").replace(
        f":{place.port};",
        f":{place.port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};"
        " ssl_protocols TLSv1.2 TLSv1.3;",
    )
    settings.write_text(text, encoding="utf-8")
    return command


def _copyparty(processes: int) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        own = ["uv", "run", "--no-project", "--with", "copyparty", "python", "-m", "copyparty"]
        address = ["-i", "127.0.0.1", "-p", str(place.port)]
        return [*own, f"-j{processes}", "-q", *address, "-v", f"{place.folder}::r"]

    return command


def _seed(place: Place) -> list[str]:
    code = _SEED.format(folder=str(place.folder), port=place.port)
    return [sys.executable, "-c", code]


def _http_server(place: Place) -> list[str]:
    bound = ["--bind", "127.0.0.1", "--directory", str(place.folder)]
    return [sys.executable, "-m", "http.server", *bound, str(place.port)]


def _ours(place: Place) -> list[str]:
    return [sys.executable, "-m", "server", str(place.folder), "--port", str(place.port)]


OURS = Peer("Lanslide", "/download2/", _ours)
NGINX = Peer("nginx", "/", _nginx, needs="nginx")
NGINX_WITH_TLS = Peer("nginx with TLS", "/", _nginx_with_tls, needs="nginx")
COPYPARTY = Peer("copyparty -j1", "/", _copyparty(1), needs="uv")
COPYPARTY_2 = Peer("copyparty -j2", "/", _copyparty(2), needs="uv")
HTTP_SERVER = Peer("http.server", "/", _http_server)
SEED = Peer("seed's app.run()", "/download2/", _seed)
PEERS = (NGINX, COPYPARTY, COPYPARTY_2, HTTP_SERVER, SEED, OURS)


class Running:
    """A server at work; ended at the end of a `with`."""

    def __init__(self, peer: Peer, folder: Path, scratch: Path) -> None:
        self.peer = peer
        self.port = _free_port()
        own = {"XDG_CACHE_HOME": str(scratch), "XDG_CONFIG_HOME": str(scratch)}
        if peer.needs == "uv":
            # Its packages are kept where they always are.
            own.pop("XDG_CACHE_HOME")
        with (scratch / f"{self.port}.log").open("wb") as log:
            self._process = subprocess.Popen(
                peer.command(Place(folder, scratch, self.port)),
                cwd=ROOT if peer is OURS else scratch,
                env={**os.environ, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._log = scratch / f"{self.port}.log"

    def __enter__(self) -> Self:
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}{self.peer.before}{name}"

    def request(self, name: str, fields: str = "") -> bytes:
        return (
            f"GET {self.peer.before}{name} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{fields}\r\n"
        ).encode()

    def cpu(self) -> float:
        """Give the CPU seconds of all its processes so far."""
        return sum(float(fields[11]) + float(fields[12]) for _, fields in self._group()) / _TICKS

    def memory(self) -> float:
        """Give the memory of all its processes, in MB."""
        total = 0.0
        for process, _ in self._group():
            with suppress(OSError):
                for line in (process / "status").read_text().splitlines():
                    if line.startswith("VmRSS:"):
                        total += int(line.split()[1]) / 1000
        return total

    def sockets(self) -> int:
        """Count the sockets that its processes have open."""
        count = 0
        for process, _ in self._group():
            for link in (process / "fd").iterdir():
                with suppress(OSError):
                    count += str(link.readlink()).startswith("socket:")
        return count

    def settle(self) -> None:
        """Wait until it has nothing to do; what it prepares in the background is not counted."""
        end, before = time.monotonic() + 60, -1.0
        while (now := self.cpu()) - before > 0.015 and time.monotonic() < end:
            before = now
            time.sleep(0.5)

    def _group(self) -> list[tuple[Path, list[str]]]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == self._process.pid:
                    found.append((process, fields))
        return found

    def _wait(self) -> None:
        end = time.monotonic() + _STARTS_IN
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.1)
        log = self._log.read_text("utf-8", "replace")[-2000:]
        raise RuntimeError(f"{self.peer.name} did not start.\n{log}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def say(*words: object) -> None:
    """Print a line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def missing(*programs: str) -> str:
    """Give a sentence about the programs that are not installed here, or nothing."""
    gone = [name for name in programs if shutil.which(name) is None]
    return f"Not installed, so left out: {', '.join(gone)}." if gone else ""
