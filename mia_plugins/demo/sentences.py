"""The text of the demo's clips: patterns, fillers and openers, drawn anew for every split."""

from __future__ import annotations

import re

from .attitudes import ATTITUDES
from .chance import Chance
from .goals import GOALS
from .shared import OUT_OF_SCOPE, SHARED

INTENTS = dict(sorted({**ATTITUDES, **GOALS}.items()))
SHARED_BY_INTENT = {intent: [text for text in SHARED if intent in SHARED[text]] for intent in INTENTS}
SHARED_SHARE = 0.25  # of the utterances; out of scope they are said without meaning any of the intents
OPENED_SHARE = 0.2  # of the utterances that do not bring an opener of their own
OPENERS = ["um,", "okay,", "well,", "so,", "oh,", "look,", "hey,", "i mean,", "yeah,", "uh,"]
# fmt: off
SLOTS = {
    "name": ["priya", "owen", "marta", "leo", "hank", "tess", "bruno", "ines", "walt", "yuki", "dev", "carla"],
    "who": [
        "my sister", "the landlord", "our boss", "the new guy", "your uncle", "my neighbor",
        "the night guard", "that nurse", "the coach", "her lawyer", "the mayor", "your roommate",
    ],
    "thing": [
        "stapler", "ladder", "blender", "printer", "toaster", "scooter",
        "guitar", "projector", "freezer", "tent", "lawnmower", "telescope",
    ],
    "place": [
        "the basement", "the cafeteria", "the bus station", "the roof", "the parking lot", "the lake",
        "aisle nine", "the laundromat", "the pharmacy", "the gym", "the warehouse", "the chapel",
    ],
    "time": ["tonight", "tomorrow", "on friday", "after lunch", "this weekend", "next week", "at noon", "on monday"],
    "event": [
        "the barbecue", "the wedding", "the bake sale", "quiz night", "the parade", "the staff meeting",
        "the recital", "the yard sale", "the reunion", "the fire drill",
    ],
    "food": [
        "lasagna", "chili", "coleslaw", "soup", "curry", "pie",
        "rice pudding", "popcorn", "gumbo", "cheesecake", "oatmeal", "salad",
    ],
    "topic": [
        "astrology", "the budget", "yoga", "football", "the new schedule", "modern art",
        "the raccoon", "crypto", "the election", "bird watching", "the dress code", "karate",
    ],
    "job": [
        "stock the shelves", "clean the van", "count the tickets", "paint the fence", "sort the mail",
        "close the register", "water the plants", "move the couch", "answer the phones", "mop the floor",
    ],
}
# fmt: on


class Writer:
    """Writes utterances; only the shared ones without a slot may come twice, as real ones do ("really?")."""

    def __init__(self, chance: Chance):
        self.chance = chance
        self.used: set[str] = set()

    def utterance(self, intent: str | None = None) -> str:
        """Returns a new utterance, of up to about 15 words, for an intent, or for none (out of scope)."""
        while True:
            own, shared = (INTENTS[intent], SHARED_BY_INTENT[intent]) if intent else (OUT_OF_SCOPE, list(SHARED))
            pattern = self.chance.pick(shared if self.chance.happens(SHARED_SHARE) else own)
            text = self._fill(pattern)
            if text not in self.used:
                break
        if pattern not in SHARED or "{" in pattern:
            self.used.add(text)
        return self._open(text)

    def _fill(self, pattern: str) -> str:
        for slot in re.findall(r"{(\w+)}", pattern):
            free = [filler for filler in SLOTS[slot] if filler not in pattern]
            pattern = pattern.replace("{" + slot + "}", self.chance.pick(free), 1)
        return pattern

    def _open(self, text: str) -> str:
        opens_itself = "," in text.split()[0] or len(text.split()) < 3
        if opens_itself or not self.chance.happens(OPENED_SHARE):
            return text
        return f"{self.chance.pick(OPENERS)} {text}"
