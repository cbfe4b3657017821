"""A server that fails, dawdles or lies: asked again within a budget, one line at the end, and what was done is kept."""

import gzip
import json
import socket
import time

import pytest
from describe.standin import completion, numbered, sentences

ONE = ["--concurrency", "1"]


def hangs(request):
    request.handler.server.stopped.wait(20)


def drips_a_body(request):
    request.handler.send_response(200)
    request.handler.send_header("Content-Type", "application/json")
    request.handler.end_headers()
    while not request.handler.server.stopped.wait(0.02):
        request.handler.wfile.write(b" ")


def drips_headers(request):
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not request.handler.server.stopped.wait(0.02):
        request.handler.wfile.write(b"X-More: and more\r\n")


def never_ends(request, status=200):
    request.handler.send_response(status)
    request.handler.send_header("Content-Type", "application/json")
    request.handler.end_headers()
    for _ in range(1 << 10):
        request.handler.wfile.write(b"x" * (1 << 20))
    request.handler.server.sent_all = True


def half(request):
    request.answer(completion(numbered(request.label))[:60], length=500)
    request.hang_up()


def resets(request):
    request.handler.connection.shutdown(socket.SHUT_RDWR)


def limited(request):
    request.error(429, "slow down", Retry_After="7")


def broken(request):
    request.error(500)


@pytest.mark.parametrize("failure", [half, resets, limited, broken, lambda request: request.error(408)])
def test_a_failure_that_passes_is_waited_for(serve, describe, waits, failure):
    server = serve(failure, failure)
    code, said = describe(server, *ONE)
    assert code == 0, said
    assert len(server.requests) == 4
    assert describe.made()["descriptions"]["Warn"] == sentences("Warn")
    if failure is limited:
        assert waits == [7, 7]
    else:
        assert len(waits) == 2
        assert 0.3 < waits[0] <= 0.5 < waits[1] <= 1.0


@pytest.mark.parametrize("failure", [hangs, drips_a_body, drips_headers])
def test_a_request_is_given_up_in_time_however_it_dawdles(serve, describe, waits, failure):
    server = serve(failure)
    began = time.monotonic()
    code, said = describe(server, *ONE, "--timeout", "0.3")
    assert code == 0, said
    assert len(server.requests) == 3
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (half, "cannot be reached (peer closed connection"),
        (resets, "cannot be reached"),
        (limited, "answered 429 (slow down); try again in 7 seconds"),
        (broken, "answered 500 (it went wrong); try again later"),
        (hangs, "did not answer within 0.2 seconds"),
    ],
)
def test_a_failure_that_stays_ends_the_run_within_the_budget(serve, describe, failure, words):
    server = serve(lambda request: request.well(), *[failure] * 20)
    limit = ["--timeout", "0.2"] if failure is hangs else []
    code, said = describe(server, *ONE, *limit, "--attempts", "3")
    assert code == 2
    assert words in said
    assert "1 of 2 labels: " in said
    assert len(said.splitlines()) == 2  # the label that is done, and the error
    assert len(server.requests) == 1 + 3
    assert describe.begun() == {"Thank": sentences("Thank")}
    assert not describe.output.exists()


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(400, "check --model"), (401, "check the key"), (403, "check the key"), (404, "check --model and --base_url")],
)
def test_an_error_that_no_repetition_mends_is_not_repeated(serve, describe, status, remedy):
    server = serve(*[lambda request: request.error(status, "no such\nmodel")] * 9)
    code, said = describe(server, *ONE)
    assert code == 2
    assert f"answered {status} (no such model); {remedy}" in said
    assert len(server.requests) == 1


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for(serve, describe, waits):
    server = serve(*[lambda request: request.error(429, Retry_After="86400")] * 9)
    code, said = describe(server, *ONE)
    assert code == 2
    assert "try again in 86400 seconds" in said
    assert not any(wait > 120 for wait in waits)


def test_nobody_listens(serve, describe):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, said = describe(f"http://127.0.0.1:{unused.getsockname()[1]}/v1", "--attempts", "2")
    assert code == 2
    assert "cannot be reached" in said
    assert "check --base_url" in said


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_gigabyte_is_not_read(serve, describe, status):
    server = serve(*[lambda request: never_ends(request, status)] * 9)
    server.sent_all = False
    code, said = describe(server, *ONE)
    assert code == 2
    assert "sends more than 1 MiB; check --base_url" in said
    assert len(server.requests) == 1
    assert not server.sent_all


def test_a_bomb_is_not_unpacked(serve, describe):
    server = serve(lambda request: request.answer(gzip.compress(b" " * (1 << 24)), Content_Encoding="gzip"))
    code, said = describe(server, *ONE)
    assert code == 2
    assert "sends compressed data" in said


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_key_does_not_follow_a_redirect(serve, describe, status):
    other = serve()
    place = f"{other.url}/chat/completions"
    server = serve(*[lambda request: request.answer("", status, Location=place)] * 9)
    code, said = describe(server, *ONE)
    assert code == 2
    assert f"redirects to {other.url.split('/')[2]}, which does not get the key" in said
    assert not other.requests


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda request: request.answer("<html>Log in</html>", content_type="text/html"), "text/html"),
        (lambda request: request.answer(b'{"choices": [\xff\xfe]}'), "application/json"),
        (lambda request: request.answer('{"choices": []}'), "application/json"),
        (lambda request: request.answer('{"choices": [{"message": {"content": 3}}]}'), "application/json"),
        (lambda request: request.answer('{"error": {"message": "busy"}}'), "application/json"),
        (lambda request: request.answer("[" * 100_000), "application/json"),
        (lambda request: request.answer("null", content_type="x" * 9000), "xxx..."),
    ],
)
def test_what_is_no_completion_is_asked_for_again_and_then_given_up(serve, describe, answer, kind):
    server = serve(answer)
    assert describe(server, *ONE)[0] == 0
    assert len(server.requests) == 3

    server = serve(*[answer] * 20)
    code, said = describe(server, *ONE, "--attempts", "2", "--force")
    assert code == 2
    assert "no usable answer for 2 of 2 labels, such as 'Thank' after 2 requests: it is no chat completion" in said
    assert kind in said
    assert len(server.requests) == 4
    assert len(said.splitlines()) == 1


def test_a_label_without_a_usable_answer_does_not_keep_the_others_from_theirs(serve, describe):
    def stubborn(request):
        request.say("I cannot help." if request.label == "Warn" else numbered(request.label))

    server = serve(*[stubborn] * 20)
    labels = ["Thank", "Warn", "Joke"]
    code, said = describe(server, "--attempts", "3", labels_are=labels)
    assert code == 2
    assert "no usable answer for 1 of 3 labels, such as 'Warn' after 3 requests: it has 1 descriptions, not 3" in said
    assert set(describe.begun()) == {"Thank", "Joke"}
    assert len(server.requests) == 5
    server.script = []
    code, said = describe(server, labels_are=labels)
    assert code == 0
    assert list(describe.made()["descriptions"]) == labels


def test_the_next_request_says_what_was_wrong(serve, describe):
    server = serve(lambda request: request.say("1. One.\n2. Two."))
    assert describe(server, *ONE, labels_are=["Thank"])[0] == 0
    assert "could not be used" not in server.requests[0].question
    assert "could not be used: it has 2 descriptions, not 3" in server.requests[1].question


def test_requests_that_failed_and_answers_that_were_refused_share_the_budget(serve, describe):
    server = serve(broken, lambda request: request.say("no"), broken, *[lambda request: request.say("no")] * 20)
    code, said = describe(server, *ONE, "--attempts", "4", labels_are=["Thank"])
    assert code == 2
    assert len(server.requests) == 4


def test_a_proper_answer_under_a_wrong_content_type_is_taken(serve, describe):
    server = serve(lambda request: request.answer(completion(numbered(request.label)), content_type="text/plain"))
    assert describe(server, *ONE)[0] == 0
    assert len(server.requests) == 2


def test_an_answer_cut_short_by_the_server_is_not_taken(serve, describe):
    server = serve(lambda request: request.say(numbered(request.label), finish_reason="length"))
    assert describe(server, *ONE)[0] == 0
    assert "it was cut short by the server" in server.requests[1].question


def test_a_server_cannot_put_strange_characters_into_messages_or_files(serve, describe):
    strange = json.dumps({"model": "m\u202e\x1b[31m", "choices": [{"message": {"content": "1. a\x1b[2J\n2. b\n3. c"}}]})
    server = serve(lambda request: request.error(400, "\x1b[2J\u202e"))
    code, said = describe(server, *ONE)
    assert code == 2
    assert "\x1b" not in said
    assert "\u202e" not in said
    server.script = [lambda request: request.answer(strange)] * 9
    code, said = describe(server, *ONE, "--attempts", "1", labels_are=["Thank"])
    assert code == 2
    assert "one of them holds control characters" in said
    assert "\x1b" not in said + describe.part.read_text()
