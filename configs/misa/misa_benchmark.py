"""MISA on MIntRec with the benchmark's own losses: a discriminator instead of CMD, and other weights."""

from .misa_MIntRec import Param as MIntRecParam


class Param(MIntRecParam):
    """Hyper-parameters; see :mod:`.misa_MIntRec`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(
            use_cmd_sim=False, reverse_grad_weight=0.8, diff_weight=0.7, sim_weight=0.7, recon_weight=0.6
        )
