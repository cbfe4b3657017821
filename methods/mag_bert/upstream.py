"""MAG-BERT as a contribution to a benchmark that has none."""

from .model import build

TITLE = "Integrating Multimodal Information in Large Pretrained Transformers"
NAME = "MAG-BERT"
PAPER = "https://aclanthology.org/2020.acl-main.214"
VENUE = "ACL 2020"

__all__ = ["NAME", "PAPER", "TITLE", "VENUE", "build"]
