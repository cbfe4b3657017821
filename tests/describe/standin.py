"""A server on loopback that speaks OpenAI's protocol, well or badly: each request is answered by the next behaviour."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def sentences(label, count=3):
    """What a good model says of a label."""
    return [f"{word} what {label.lower()} means." for word in ("Says", "Shows", "Tells", "Proves", "Hints")[:count]]


def numbered(label, count=3):
    return "\n".join(f"{i}. {text}" for i, text in enumerate(sentences(label, count), start=1))


def completion(text, **more):
    return json.dumps({"model": "standin-1", "choices": [{"message": {"role": "assistant", "content": text}, **more}]})


class Request:
    """One request, and the ways to answer it."""

    def __init__(self, handler, number):
        self.handler, self.number = handler, number
        self.headers, self.path = handler.headers, handler.path
        self.raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.body = json.loads(self.raw)
        self.question = self.body["messages"][-1]["content"]
        named = re.search(r'intent "(.+?)"', self.question)
        self.label = named[1] if named else ""

    def answer(self, body, status=200, content_type="application/json", length=None, **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", content_type)
        self.handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def say(self, text, **more):
        self.answer(completion(text, **more))

    def error(self, status, message="it went wrong", **headers):
        self.answer(json.dumps({"error": {"message": message}}), status, **headers)

    def well(self):
        self.say(numbered(self.label))

    def hang_up(self):
        self.handler.close_connection = True


class Standin(ThreadingHTTPServer):
    """See the module. ``script`` is a list of functions of a request; after its end every request is answered well."""

    daemon_threads = True

    def __init__(self, *script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.requests, self.lock = list(script), [], threading.Lock()
        self.stopped = threading.Event()
        self.under_way = self.most_under_way = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request, address):
        pass  # clients hang up here, on purpose


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):  # noqa: N802
        server = self.server
        with server.lock:
            request = Request(self, len(server.requests))
            server.requests.append(request)
            behave = server.script.pop(0) if server.script else Request.well
            server.under_way += 1
            server.most_under_way = max(server.most_under_way, server.under_way)
        try:
            behave(request)
        finally:
            with server.lock:
                server.under_way -= 1

    def log_message(self, *words):
        pass


@contextmanager
def running(*script):
    server = Standin(*script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
