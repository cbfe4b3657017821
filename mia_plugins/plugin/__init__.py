"""What a method, a data set and a metric are, and how each is found. An author of a plugin imports from here.

Nothing here imports torch, so commands that only list or report start at once.
"""

from ..data.adapter import Adapter
from ..data.dataset import DataRequest, DataSet, Outline
from ..errors import UserError
from ..evaluation.metric_definitions import Metric
from ..evaluation.metrics import register_metric
from .method import BasicOutput, Method, Model, Output, build_model
from .picture import Constant, Picture, PictureRequest, figure, save
from .registry import register
from .settings import Range, check
from .task import Task

__all__ = [
    "Adapter",
    "BasicOutput",
    "Constant",
    "DataRequest",
    "DataSet",
    "Method",
    "Metric",
    "Model",
    "Outline",
    "Output",
    "Picture",
    "PictureRequest",
    "Range",
    "Task",
    "UserError",
    "build_model",
    "check",
    "figure",
    "register",
    "register_metric",
    "save",
]
