"""Label descriptions: the bundled ones, the user's own, and the paper's appendix."""

import json
from pathlib import Path

import pytest

from mia_plugins.data_adapters.dialogue_acts import MELD_DA
from mia_plugins.errors import UserError
from mia_plugins.methods.amess.descriptions import APPENDIX_SIZES, BUNDLED, import_appendix, load_descriptions
from mia_plugins.nn.labels import DEGREES

# fmt: off
MINTREC = [
    "Complain", "Praise", "Apologise", "Thank", "Criticize", "Agree", "Taunt", "Flaunt", "Joke", "Oppose", "Comfort",
    "Care", "Inform", "Advise", "Arrange", "Introduce", "Leave", "Prevent", "Greet", "Ask for help",
]
MINTREC2 = [
    "Acknowledge", "Advise", "Agree", "Apologise", "Arrange", "Ask for help", "Asking for opinions", "Care", "Comfort",
    "Complain", "Confirm", "Criticize", "Doubt", "Emphasize", "Explain", "Flaunt", "Greet", "Inform", "Introduce",
    "Invite", "Joke", "Leave", "Oppose", "Plan", "Praise", "Prevent", "Refuse", "Taunt", "Thank", "Warn",
]
# fmt: on
PAPER = Path(__file__).resolve().parents[3].parent / "shared" / "paper" / "a-mess.txt"


@pytest.fixture
def paper():
    if not PAPER.is_file():
        pytest.skip("the paper's text is not here")
    return PAPER


@pytest.fixture
def json_file(tmp_path):
    def write(content):
        path = tmp_path / "own.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def entry(rank, label, count=3):
    return f"{rank}. **\\*\\*{label}\\*\\*** " + " ".join(f"{i}. Text {i} of {label}." for i in range(1, count + 1))


def appendix(count=3):
    """An appendix in the paper's form, as a list of lines."""
    lines = ["Before it, a line.", "", "### **In MintRec [4]:**", ""]
    lines += [entry(i, label, count) for i, label in enumerate(MINTREC, start=1)]
    lines += ["", "### **and in MintRec2.0 [5]:**", ""]
    lines += [entry(i, label, count) for i, label in enumerate(MINTREC2, start=1)]
    return [*lines, "", "TABLE IV: and what follows. 1. No entry."]


@pytest.fixture
def appendix_file(tmp_path):
    def write(lines):
        path = tmp_path / "appendix.md"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("labels", [MINTREC, MINTREC2, ["Emotion", "Goal"], DEGREES["sentiment"]])
@pytest.mark.parametrize("count", [3, 8])
def test_every_label_of_the_data_sets_has_bundled_descriptions(labels, count):
    descriptions = load_descriptions(labels, count=count)
    assert [len(texts) for texts in descriptions] == [count] * len(labels)


def test_bundled_descriptions_are_distinct_and_of_like_length():
    table = json.loads(BUNDLED.read_text(encoding="utf-8"))
    texts = [text for label_texts in table.values() for text in label_texts]
    assert set(table) == {*MINTREC, *MINTREC2, *MELD_DA.labels, "Emotion", "Goal", *DEGREES["sentiment"]}
    assert len(set(texts)) == len(texts) == 8 * (32 + 7 + 10)
    assert all(6 <= len(text.split()) <= 16 for text in texts)


def test_descriptions_follow_the_order_of_the_labels_and_the_first_are_taken(json_file):
    path = json_file({"A": ["a1", "a2", "a3"], "B": ["b1", "b2"]})
    assert load_descriptions(["B", "A"], path, count=2) == [["b1", "b2"], ["a1", "a2"]]
    assert load_descriptions(["A"], str(path), count=1) == [["a1"]]
    assert load_descriptions([], path) == []


@pytest.mark.parametrize(
    ("label", "same"),
    [
        ("apologize", "Apologise"),
        ("Ask for Help", "Ask for help"),
        ("Ask for Opinions", "Asking for opinions"),
        ("ask  for\topinions", "Asking for opinions"),
        ("Criticise", "Criticize"),
        ("GREET", "Greet"),
    ],
)
def test_case_spaces_and_the_known_variants_are_ignored(label, same):
    assert load_descriptions([label]) == load_descriptions([same])


def test_variants_match_in_both_directions(json_file):
    path = json_file({"Apologize": ["sorry"], "ASK FOR OPINIONS": ["well?"]})
    assert load_descriptions(["Asking for opinions", "Apologise"], path, count=1) == [["well?"], ["sorry"]]


def test_an_unknown_label_is_named_with_the_file(json_file):
    path = json_file({"A": ["a"]})
    with pytest.raises(UserError, match=r"own\.json: no descriptions for the label 'Whistle'; add 2"):
        load_descriptions(["Whistle"], path, count=2)
    with pytest.raises(UserError, match=r"descriptions\.json: .*'UNK'"):
        load_descriptions(["UNK"])


def test_too_few_descriptions_are_counted(json_file):
    with pytest.raises(UserError, match=r"own\.json: the label 'A' has 1 descriptions, 3 are needed"):
        load_descriptions(["A"], json_file({"A": ["a"]}))
    with pytest.raises(UserError, match="at least 1 is needed"):
        load_descriptions(["Thank"], count=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{\n'A': []}", r"own\.json:2: not valid JSON"),
        ("[1]", "holds a list"),
        ({"A": "one text"}, "'A' needs a list"),
        ({"A": ["fine", "  "]}, "'A' needs a list .* non-empty"),
        ({"A": ["fine", 3]}, "'A' needs a list"),
        ({"A": None}, "'A' needs a list"),
        ('{"A": ["x"], "A": ["y"]}', "'A' is there twice; keep one"),
        ({"Apologise": ["x"], "apologize": ["y"]}, "'Apologise' and 'apologize' are the same label"),
    ],
)
def test_a_malformed_file_is_a_user_error_on_one_line(json_file, content, message):
    with pytest.raises(UserError, match=message) as caught:
        load_descriptions(["A"], json_file(content), count=1)
    assert "\n" not in str(caught.value)
    assert "own.json" in str(caught.value)


def test_files_that_cannot_be_read_are_user_errors(tmp_path):
    with pytest.raises(UserError, match=r"none\.json: cannot be read .*check the path"):
        load_descriptions(["A"], tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes('{"A": ["é"]}'.encode("latin-1"))
    with pytest.raises(UserError, match="not UTF-8"):
        load_descriptions(["A"], tmp_path / "latin.json")
    with pytest.raises(UserError, match=r"own\.csv: descriptions are read from"):
        load_descriptions(["A"], tmp_path / "own.csv")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "own.json").write_text('{"A": ["a"]}', encoding="utf-8-sig")
    assert load_descriptions(["A"], tmp_path / "own.json", count=1) == [["a"]]


def test_the_paper_as_it_is(paper):
    sections = import_appendix(paper)
    assert {name: len(table) for name, table in sections.items()} == {"MIntRec": 20, "MIntRec2.0": 30}
    for table in sections.values():
        assert {len(texts) for texts in table.values()} == {3}
        assert {"Apologize", "Ask for Help"} <= set(table)
        assert not any(mark in text for texts in table.values() for text in texts for mark in "*\\#\n")
    assert "Ask for Opinions" in sections["MIntRec2.0"]


@pytest.mark.parametrize(("dataset", "labels"), [("MIntRec", MINTREC), ("MIntRec2.0", MINTREC2)])
def test_the_papers_descriptions_serve_the_data_sets_spelling(paper, dataset, labels):
    descriptions = load_descriptions(labels, paper, dataset=dataset)
    table = import_appendix(paper)[dataset]
    assert descriptions[labels.index("Apologise")] == table["Apologize"]
    assert sorted(descriptions) == sorted(table.values())
    assert not {text for texts in descriptions for text in texts} & {
        text for texts in load_descriptions(labels) for text in texts
    }


@pytest.mark.parametrize("dataset", [None, "MELD"])
def test_an_appendix_needs_a_data_set_it_has(appendix_file, dataset):
    with pytest.raises(UserError, match=f"no section for the data set {dataset}; name MIntRec or MIntRec2.0"):
        load_descriptions(["Thank"], appendix_file(appendix()), dataset=dataset)


@pytest.mark.parametrize("count", [2, 5])
def test_an_appendix_may_hold_more_or_fewer_than_three(appendix_file, count):
    table = import_appendix(appendix_file(appendix(count)))["MIntRec2.0"]
    assert table["Warn"] == [f"Text {i} of Warn." for i in range(1, count + 1)]


def test_plain_and_wrapped_lines_are_read_too(appendix_file):
    lines = []
    for line in appendix():
        lines += line.replace("*", "").replace("\\", "").replace(" of ", " of\n   ").splitlines() or [""]
    assert import_appendix(appendix_file(lines)) == import_appendix(appendix_file(appendix()))


def test_an_appendix_cut_anywhere_is_a_user_error_naming_file_and_line(appendix_file):
    text = "\n".join(appendix())
    end = text.index("\n\nTABLE")
    assert import_appendix(appendix_file([text[:end]]))
    for length in [*range(0, end - 1, 97), *range(end - 40, end)]:
        with pytest.raises(UserError, match=r"appendix\.md:\d+: |appendix\.md: no section") as caught:
            import_appendix(appendix_file([text[:length]]))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines.pop(6), r":7: entry 3 of section MIntRec is missing before 'Thank'"),
        (lambda lines: lines.pop(23), r":23: section MIntRec ends after 19 labels, 20 are needed"),
        (lambda lines: lines.insert(24, entry(21, "Whistle")), r":25: section MIntRec ends after 21 labels"),
        (lambda lines: lines.__setitem__(4, entry(1, "Complain", 2)), r":5: the list of 'Complain' ends after 2 of 3"),
        (lambda lines: lines.__setitem__(5, entry(2, "Complain")), r":6: the label 'Complain' is there twice"),
        (lambda lines: lines.__setitem__(4, lines[4][:-4]), r":5: the list of 'Complain' is cut short"),
        (lambda lines: lines.__setitem__(4, lines[4].replace(" 2.", " 4.")), r":5: .*numbered \[1, 4, 3\]"),
        (lambda lines: lines.insert(24, lines[2]), r":25: a second section MIntRec; keep one"),
        (lambda lines: lines.__delitem__(slice(25, None)), r": no section 'In MIntRec2.0:'"),
    ],
)
def test_damage_to_an_appendix_is_found_where_it_is(appendix_file, change, message):
    lines = appendix()
    change(lines)
    with pytest.raises(UserError, match=r"appendix\.md" + message):
        import_appendix(appendix_file(lines))


def test_the_sizes_are_those_of_the_data_sets():
    assert {"MIntRec": len(MINTREC), "MIntRec2.0": len(MINTREC2)} == APPENDIX_SIZES
