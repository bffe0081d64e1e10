"""The routes of files: shown, as attachments, converted; and of the folders that they are in."""

import os
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from flask import Flask, Response, abort, request
from werkzeug.exceptions import ServiceUnavailable

from server import conditions, pages, rendering, replies, responses
from server.digests import Digests
from server.environment import has_left
from server.folder import SharedFolder
from server.folder_problem import FolderProblem, IsFolder
from server.open_file import OpenFile
from server.pictures import conversion
from server.pictures import responses as picture_responses
from server.pictures.service import Pictures
from server.problems import STATUSES, found
from server.responses import moved
from server.urls import folder_path, without_dots

_NOT_YET = "The digest of this file is not ready yet. Ask again in a moment."

# Bytes of which a worker has the time to find the digest.
MEDIUM = 16 * 1024 * 1024


class Files:
    """Answers for the files in *folder*."""

    def __init__(self, folder: SharedFolder, digests: Digests, pictures: Pictures | None) -> None:
        self._folder, self._digests, self._pictures = folder, digests, pictures

    def install(self, app: Flask) -> None:
        """Add the routes to *app*."""
        app.add_url_rule("/download/<string:file_name>", view_func=self.download)
        app.add_url_rule("/download2/<path:file_name>", view_func=self.download2)
        app.add_url_rule("/files", "start_of_files", lambda: moved("/files/", request))
        app.add_url_rule("/files/", view_func=self.show, defaults={"path": ""})
        app.add_url_rule("/files/<path:path>", view_func=self.show)
        app.add_url_rule("/api/digest/<path:path>", view_func=self.digest)

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
            return moved("/files/" + quote(os.fsencode(path)) + "/", request)
        except FolderProblem as problem:
            abort(STATUSES[type(problem)])
        return self._send(path, file, attachment=False)

    def digest(self, path: str) -> Response:
        """Tell the SHA-256 of a file; waits for it, but not for long."""
        with found(lambda: self._folder.open(path)) as file:
            status = file.status
            # What takes a moment is done here, and waits for nothing.
            self._digests.of_small(path, file, MEDIUM, keep=True)
        known = self._digests.wait(path, status, has_left(request.environ))
        if known is None:
            raise ServiceUnavailable(_NOT_YET, retry_after=1)
        content = {"path": path, "size": status.st_size, "etag": replies.etag(status)}
        return responses.as_json({**content, "sha-256": known.hex()})

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
            response = picture_responses.converted(file, again, form, request, self._pictures)
        except BaseException:
            file.close()
            raise
        if response is not None:
            file.close()
            return response
        response = self._send(path, file, attachment=True)
        response.headers[picture_responses.CONVERTED] = "none"
        return response

    def _send(self, path: str, file: OpenFile, *, attachment: bool) -> Response:
        is_wanted = conditions.asked(request.environ).wants_digest
        digest = self._digests.for_reply(path, file, is_wanted=is_wanted)
        return responses.file(file, request, attachment=attachment, digest=digest)


def _form(arguments: Mapping[str, str]) -> conversion.Form | None:
    """Read what pictures are to be sent as."""
    try:
        return conversion.form(arguments)
    except conversion.BadForm as error:
        abort(400, str(error))
