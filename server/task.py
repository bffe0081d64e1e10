"""The replies that are made by a worker: waitress's tasks, with heads of our own."""

from typing import Any

from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]
from waitress.utilities import build_http_date  # type: ignore[import-untyped]

from server.environment import OPENER, WAITING
from server.feed import Feed
from server.guard import GUARD


class Task(WSGITask):  # type: ignore[misc]  # has no types
    """Has the application answer one request.

    Attributes:
        feed: adds to the reply for as long as the connection lasts.

    """

    feed: Feed | None = None

    def service(self) -> None:
        """Have it answered, and told if nobody is there for the rest of it."""
        try:
            super().service()
        finally:
            if self.feed is not None and self.channel.feed is not self.feed:
                self.feed.end()

    def get_environment(self) -> dict[str, Any]:
        """Give what WSGI tells about the request; `SERVER_NAME` is the address it came in on."""
        environ: dict[str, Any] = super().get_environment()
        environ["SERVER_NAME"], environ["SERVER_PORT"] = self.channel.local
        environ[WAITING] = self.channel.server.task_dispatcher.waiting
        environ[OPENER] = self._take
        return environ

    def _take(self, feed: Feed) -> None:
        self.feed = feed

    def finish(self) -> None:
        """End the reply, or leave it open for what is added to it."""
        super().finish()
        if self.feed is not None:
            # It goes on, and ends the connection when that ends.
            self.close_on_finish = False
            self.channel.open_to(self.feed)

    def build_response_header(self) -> bytes:
        """Give status line and fields.

        Unlike waitress's own it keeps the connection after a reply without a body.
        """
        return response_head(self)


class Refusal(ErrorTask):  # type: ignore[misc]  # has no types
    """Answers a request that could not be read, and ends the connection."""

    feed = None

    def execute(self) -> None:
        """Send the status and no more than its name."""
        error = self.request.error
        body = f"{error.reason}.\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "text/plain; charset=utf-8"), *GUARD.items()]
        self.content_length = len(body)
        self.close_on_finish = True
        self.channel.is_refused = True
        self.write(b"" if self.request.__dict__.get("command") == "HEAD" else body)

    def build_response_header(self) -> bytes:
        """Give status line and fields."""
        return response_head(self)


def response_head(task: Task | Refusal) -> bytes:
    """Give status line and fields of a reply, and decide how its body and the connection end."""
    lines = [f"HTTP/{task.version} {task.status}"]
    names = set()
    for name, value in task.response_headers:
        lowered = name.lower()
        if lowered != "content-length" or task.has_body:
            names.add(lowered)
            lines.append(f"{name}: {value}")
    connection = task.request.headers.get("CONNECTION", "").lower()
    keep = connection == "keep-alive" if task.version == "1.0" else connection != "close"
    if task.has_body and "content-length" not in names:
        if task.content_length is not None:
            lines.append(f"Content-Length: {task.content_length}")
        elif task.version == "1.1" and task.request.command != "HEAD" and task.feed is None:
            task.chunked_response = True
            lines.append("Transfer-Encoding: chunked")
        else:
            keep = False
    if task.close_on_finish or not keep:
        task.close_on_finish = True
        lines.append("Connection: close")
    elif task.version == "1.0":
        lines.append("Connection: keep-alive")
    if "date" not in names:
        lines.append(f"Date: {build_http_date(task.start_time)}")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1")
