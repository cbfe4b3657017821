"""The hub, as far as uploading and downloading a model needs it: real HTTP on loopback, files in memory."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class Hub:
    """Starts at once; ``files`` by repository and path, ``tokens`` that were sent."""

    def __init__(self):
        self.files, self.tokens, self.refuse, self.unknown = {}, set(), None, []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                hub.answer(self, send_body=True)

            def do_HEAD(self):
                hub.answer(self, send_body=False)

            def do_POST(self):
                hub.answer(self, send_body=True)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request, send_body):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.tokens.add(request.headers.get("Authorization"))
        path = unquote(urlsplit(request.path).path)
        status, content, headers = (self.refuse, b"{}", {}) if self.refuse else self.reply(request.command, path, body)
        request.send_response(status)
        for name, value in {"Content-Length": str(len(content)), "Content-Type": "application/json", **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        if send_body:
            request.wfile.write(content)

    def reply(self, command, path, body):
        parts = path.strip("/").split("/")
        if path == "/api/validate-yaml":
            return self.json({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = "/".join(filter(None, [asked.get("organization"), asked["name"]]))
            self.files.setdefault(name, {})
            return self.json({"url": f"{self.url}/{name}", "name": name})
        if parts[:2] == ["api", "models"] and len(parts) >= 4:
            name, rest = "/".join(parts[2:4]), parts[4:]
            if name not in self.files:
                return 404, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"}
            if rest[:1] == ["preupload"]:
                modes = [
                    {"path": each["path"], "uploadMode": "regular", "shouldIgnore": False}
                    for each in json.loads(body)["files"]
                ]
                return self.json({"files": modes})
            if rest[:1] == ["commit"]:
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        self.files[name][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
                return self.json(
                    {"success": True, "commitOid": "0" * 40, "commitUrl": f"{self.url}/{name}/commit/{'0' * 40}"}
                )
            if rest[:1] == ["tree"]:
                entries = [
                    {"type": "file", "path": each, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                    for each, content in self.files[name].items()
                ]
                return self.json(entries)
            siblings = [{"rfilename": each, "size": len(content)} for each, content in self.files[name].items()]
            return self.json(
                {"id": name, "modelId": name, "sha": "0" * 40, "siblings": siblings, "private": False, "tags": []}
            )
        if "resolve" in parts:
            name, place = "/".join(parts[:2]), "/".join(parts[4:])
            content = self.files.get(name, {}).get(place)
            if content is None:
                return 404, b"", {"X-Error-Code": "EntryNotFound"}
            etag = f'"{hashlib.sha1(content).hexdigest()}"'
            return 200, content, {"ETag": etag, "X-Repo-Commit": "0" * 40, "Content-Type": "application/octet-stream"}
        self.unknown.append((command, path))
        return 404, b"{}", {}

    @staticmethod
    def json(value):
        return 200, json.dumps(value).encode(), {}
