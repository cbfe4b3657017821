"""MAG-BERT on CMU-MOSEI, as on CMU-MOSI."""

from .mag_bert_MOSI import Param

__all__ = ["Param"]
