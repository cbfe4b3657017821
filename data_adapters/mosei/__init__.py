"""CMU-MOSEI (Zadeh et al., ACL 2018): 22,856 clips of opinions on many topics, with a sentiment from -3 to 3."""

from mia_plugins.data.mmsa import MMSASentiment

DATASET = MMSASentiment("MOSEI", {"text": 50, "video": 375, "audio": 500})
