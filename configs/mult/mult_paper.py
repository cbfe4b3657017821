"""MulT with the paper's transformers (CMU-MOSI, unaligned); trained as on MIntRec2.0."""

from .mult_MIntRec2 import Param as MIntRec2Param


class Param(MIntRec2Param):
    """Hyper-parameters; see :mod:`.mult_MIntRec2`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(
            dst_feature_dims=40,
            nheads=10,
            n_levels=4,
            attn_dropout=0.2,
            attn_dropout_v=0.0,
            attn_dropout_a=0.0,
            relu_dropout=0.1,
            embed_dropout=0.2,
            res_dropout=0.1,
            output_dropout=0.1,
            text_dropout=0.2,
            conv1d_kernel_size_l=1,
        )
