"""Annotation rows as the data sets publish them, and files read back the plain way."""

import csv
import pickle

SPEAKERS = ["Amy", "Jonah", "Dina"]  # of MMOIR's list
HEADERS = {
    "MIntRec": ["season", "episode", "clip", "text", "label"],
    "MIntRec2.0": ["Dialogue_id", "Utterance_id", "Text", "Label", "Start", "End", "Source", "speaker_name"],
    "MELD-DA": ["Dialogue_ID", "Utterance_ID", "Utterance", "Dialogue_Act", "Emotion", "Speaker", "Season", "Episode"],
    "IEMOCAP-DA": ["TURN", "UTTERANCE", "DA", "EMOTION"],
}
DESCRIPTIONS = ["Speakers' Actions", "Emotions and Facial Expressions", "Interaction with Others"]


def row(dataset, number, label):
    """The ``number``-th clip; the text says which it is."""
    text = f"you said {number}" if number % 7 else f'"yes", {number} it\'s "so"'  # quotes as real tables have them
    return {
        "MIntRec": ["S04", "E11", number, text, label],
        "MIntRec2.0": [number // 5, number % 5, text, label, "00:01", "00:02", "superstore", SPEAKERS[number % 3]],
        "MELD-DA": [number // 5, number % 5, text, label, "neutral", "Joey", 3, 4],
        "IEMOCAP-DA": [f"Ses01F_impro01_F{number:03d}", text, label, "neu"],
    }[dataset]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)


def read(path):
    """A table's rows without the header."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))[1:]


def features(path):
    return pickle.loads(path.read_bytes())
