"""The list among whatever a model writes around it."""

import pytest

pytest.importorskip("pydantic")

from mia_plugins.describe.answers import Refused, check_descriptions, find_list, read_answer  # noqa: E402

THREE = ["Says thanks.", "Is grateful to somebody.", "Owes a favour."]
NUMBERED = "1. Says thanks.\n2. Is grateful to somebody.\n3. Owes a favour."
JSON = '["Says thanks.", "Is grateful to somebody.", "Owes a favour."]'


@pytest.mark.parametrize(
    "text",
    [
        NUMBERED,
        NUMBERED.replace(". ", ") "),
        NUMBERED.replace("\n", "\r\n"),
        "\n\n".join(NUMBERED.splitlines()),
        f"Sure, here are 3 descriptions of it:\n\n{NUMBERED}\n\nLet me know if you need 2. more or 10. others!",
        f"Sure!\n{NUMBERED}\nI hope that helps.",
        "Thank: 1. Says thanks. 2. Is grateful to somebody. 3. Owes a favour.",
        "**Thank**\n**1.** Says thanks.\n**2.** Is grateful to somebody.\n**3.** Owes a favour.",
        '1. "Says thanks."\n2. “Is grateful to somebody.”\n3. **Owes a favour.**',
        "1. Says thanks.\n2. Is grateful\n   to somebody.\n3. Owes a favour.",
        "- Says thanks.\n- Is grateful to somebody.\n- Owes a favour.",
        "* Says thanks.\n* Is grateful to somebody.\n* Owes a favour.",
        "Says thanks.\nIs grateful to somebody.\n\nOwes a favour.",
        JSON,
        f"Here you are [3 of them]: {JSON} Bye.",
        f"```json\n{JSON}\n```",
        f"Sure:\n```\n{NUMBERED}\n```\nDone.",
        f"```json\n{JSON}",
        f'{{"label": "Thank", "descriptions": {JSON}}}',
        '{"1": "Says thanks.", "2": "Is grateful to somebody.", "3": "Owes a favour."}',
        f"<think>Perhaps:\n1. Not this.\n2. Nor this.\n3. No.</think>\n{NUMBERED}",
    ],
)
def test_the_list_is_found(text):
    assert read_answer(text, "Thank", 3) == THREE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has 0 descriptions, not 3"),
        ("I am sorry, I cannot do that.", "it has 1 descriptions, not 3"),
        ("1. One is.\n2. Two is.", "it has 2 descriptions, not 3"),
        ("1. One is.\n2. Two is.\n3. Three is.\n4. Four is.", "it has 4 descriptions, not 3"),
        ("1. One is.\n2. Two is.\n3.", "it has 2 descriptions, not 3"),
        ("1. One is.\n2. Two is.\n3. ***", "one of them is empty"),
        ('["One is.", "Two is.", ""]', "one of them is empty"),
        ("1. One is.\n2. Two is.\n3. one  is!", "two of them are the same"),
        ("1. One is.\n2. Two is.\n3. Three\x07 is.", "one of them holds control characters"),
        ("1. One is.\n2. Two is.\n3. Three\ud800 is.", "unicode"),
        (f"1. One is.\n2. Two is.\n3. {'x' * 401}", "at most 400 characters"),
        ('["One is.", "Two is.", "Th', "it has 1 descriptions, not 3"),
        ("x" * 20_001, "it is longer than 20000 characters"),
    ],
)
def test_what_cannot_be_used(text, reason):
    with pytest.raises(Refused, match=reason):
        read_answer(text, "Thank", 3)


def test_a_label_in_its_description_is_refused_if_so_asked():
    texts = ["To thank somebody.", "Feels thankful.", "Is glad of help."]
    assert check_descriptions(texts, "Thank", 3) == texts
    with pytest.raises(Refused, match="one of them holds the label's name"):
        check_descriptions(texts, "Thank", 3, label_names=False)
    assert check_descriptions(texts[1:], "Thank", 2, label_names=False) == texts[1:]


def test_a_single_description_needs_no_list():
    assert read_answer("Says thanks.", "Thank", 1) == ["Says thanks."]
    assert read_answer("1. Says thanks.", "Thank", 1) == ["Says thanks."]


def test_words_with_joiners_are_words():
    texts = ["می\u200cخواهد تشکر کند."]
    assert check_descriptions(texts, "Thank", 1) == texts


@pytest.mark.parametrize("part", ["[", "{", "<think>", "```\n", "1. ", "- ", "**", " 1. 2. ", '["', "\n \t"])
def test_an_answer_made_to_be_slow_is_not(part):
    find_list((part * 20_000)[:20_000])
