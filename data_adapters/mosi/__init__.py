"""CMU-MOSI (Zadeh et al., 2016): 2,199 clips of 93 videos of opinions, with a sentiment from -3 to 3."""

from mia_plugins.data.mmsa import MMSASentiment

DATASET = MMSASentiment("MOSI", {"text": 50, "video": 500, "audio": 375})
