"""MAG-BERT on a data set that has no settings of its own."""

from .mag_bert_MIntRec2 import Param

__all__ = ["Param"]
