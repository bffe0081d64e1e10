"""The routes of files: shown, as attachments, converted; and of the folders that they are in."""

import os
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, abort, request
from werkzeug.exceptions import ServiceUnavailable

from server import packing, pages, rendering, replies
from server.digests import Digests
from server.folder import SharedFolder
from server.folder_problem import FolderProblem, IsFolder
from server.open_file import OpenFile
from server.pictures import conversion
from server.pictures import replies as picture_replies
from server.pictures.service import Pictures
from server.problems import STATUSES, found
from server.urls import folder_path, moved, without_dots

_NOT_YET = "The digest of this file is not ready yet. Ask again in a moment."

# Bytes of which the digest is found in less time than it takes to ask for it once more; and of
# those for which a worker has the time.
SMALL, MEDIUM = 256 * 1024, 16 * 1024 * 1024

# The routes of files, and whether they send attachments.
_ROADS = {"files": False, "download": True, "download2": True}


class Files:
    """Answers for the files in *folder*: by the application's routes, or at once."""

    def __init__(self, folder: SharedFolder, digests: Digests, pictures: Pictures | None) -> None:
        self._folder, self._digests, self._pictures = folder, digests, pictures

    def install(self, app: Flask) -> None:
        """Add the routes to *app*."""
        app.add_url_rule("/download/<string:file_name>", view_func=self.download)
        app.add_url_rule("/download2/<path:file_name>", view_func=self.download2)
        app.add_url_rule("/files", "start_of_files", lambda: moved("/files/"))
        app.add_url_rule("/files/", view_func=self.show, defaults={"path": ""})
        app.add_url_rule("/files/<path:path>", view_func=self.show)
        app.add_url_rule("/api/digest/<path:path>", view_func=self.digest)

    def at_once(self, path: str, environ: Mapping[str, Any]) -> replies.Answer | None:
        """Answer a plain request for a file as it is; None if it is for anything else.

        Raises `FolderProblem` and `HTTPException`.
        """
        wanted = _wanted(path)
        if wanted is None or environ.get("QUERY_STRING"):
            return None
        name, attachment = wanted
        asked = replies.asked(environ)
        file = self._folder.open(name)
        digest = self._digest(name, file, asked)
        return replies.answer(file, asked, attachment=attachment, digest=digest)

    def download(self, file_name: str) -> Response:
        """Send a file directly in the folder as an attachment."""
        return self._save(file_name)

    def download2(self, file_name: str) -> Response:
        """Send a file at any depth as an attachment."""
        return self._save(file_name)

    def show(self, path: str) -> Response:
        """Show a folder as a page, or a file."""
        path = without_dots(path)
        if not path or path.endswith("/"):
            return self._page(folder_path(path))
        try:
            file = self._folder.open(path)
        except IsFolder:
            return moved("/files/" + quote(os.fsencode(path)) + "/")
        except FolderProblem as problem:
            abort(STATUSES[type(problem)])
        return self._send(path, file, attachment=False)

    def digest(self, path: str) -> Response:
        """Tell the SHA-256 of a file; waits for it, but not for long."""
        with found(lambda: self._folder.open(path)) as file:
            status = file.status
            # What takes a moment is done here, and waits for nothing.
            self._digests.of_small(path, file, MEDIUM, keep=True)
        has_left = request.environ.get("waitress.client_disconnected", lambda: False)
        known = self._digests.wait(path, status, has_left)
        if known is None:
            raise ServiceUnavailable(_NOT_YET, retry_after=1)
        content = {"path": path, "size": status.st_size, "etag": replies.etag(status)}
        return packing.as_json({**content, "sha-256": known.hex()})

    def _page(self, path: str) -> Response:
        order = rendering.order()
        listing = found(lambda: self._folder.entries(path, *pages.SORTINGS[order]))
        return rendering.folder(listing, self._folder.name, order)

    def _save(self, path: str) -> Response:
        form = _form(request.args)
        again = partial(self._folder.open, path)
        file = found(again)
        if form is None:
            return self._send(path, file, attachment=True)
        try:
            response = picture_replies.converted(file, again, form, request, self._pictures)
        except BaseException:
            file.close()
            raise
        if response is not None:
            file.close()
            return response
        response = self._send(path, file, attachment=True)
        response.headers[picture_replies.CONVERTED] = "none"
        return response

    def _send(self, path: str, file: OpenFile, *, attachment: bool) -> Response:
        digest = self._digest(path, file, replies.asked(request.environ))
        return replies.reply(file, request, attachment=attachment, digest=digest)

    def _digest(self, path: str, file: OpenFile, asked: replies.Asked) -> bytes | None:
        """Give the digest of an open file, if it is known or found in no time; closes on errors."""
        try:
            if asked.wants_digest:
                return self._digests.of_small(path, file, SMALL)
            return self._digests.known(path, file.status)
        except BaseException:
            file.close()
            raise


def _wanted(path: str) -> tuple[str, bool] | None:
    """Tell which file the path of a URL is for, and whether as an attachment."""
    road, _, name = path[1:].partition("/")
    attachment = _ROADS.get(road)
    if attachment is None or not name or name.endswith("/") or (road == "download" and "/" in name):
        return None
    return name, attachment


def _form(arguments: Mapping[str, str]) -> conversion.Form | None:
    """Read what pictures are to be sent as."""
    try:
        return conversion.form(arguments)
    except conversion.BadForm as error:
        abort(400, str(error))
