"""Files of the bundle as they travel. Law: the same bytes, packed when the bundle was built; nothing is packed here."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, request
from werkzeug.security import safe_join

CODINGS = (("br", ".br"), ("gzip", ".gz"))
"""How a file may be packed (RFC 9110, section 8.4.1; brotli: RFC 7932) and how its name then ends; smallest first."""


class PackedFiles(Flask):
    """Flask whose static files go out packed wherever the build left a packed one beside them."""

    def send_static_file(self, filename: str) -> Response:
        """The file as the browser can take it; its type is that of the file itself, its address stays the same."""
        found = [(coding, ending) for coding, ending in CODINGS if self._stands(filename + ending)]
        fitting = (ending for coding, ending in found if request.accept_encodings[coding] > 0)
        answer = super().send_static_file(filename + next(fitting, ""))  # names the coding by the ending
        answer.headers.pop("Content-Disposition", None)
        return answer

    def process_response(self, response: Response) -> Response:
        """A static file is the same for everybody: a browser keeps it whatever becomes of its cookies."""
        answer = super().process_response(response)
        if request.endpoint == "static":
            answer.headers["Vary"] = "Accept-Encoding"
        return answer

    def _stands(self, filename: str) -> bool:
        path = safe_join(self.static_folder or "", filename)
        return path is not None and Path(path).is_file()
