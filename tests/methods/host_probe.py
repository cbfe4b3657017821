"""Run by `against_host` in a separate process: a benchmark's own model, its answers and gradients, with dropout off.

Usage: python host_probe.py HOST_DIR IN.pt OUT.pt. IN is a dictionary: ``module`` and ``name`` of the network's class,
``args`` that the benchmark would give it, ``batch`` under the benchmarks' names, ``more``, the names of what it takes of
it beside text, video and audio, ``label_ids``, ``losses``, a key of `LOSSES`, and ``scale``, by which its matrices are
multiplied. OUT holds the network's ``state``, and of evaluation and training (``eval``, ``train``) ``logits``, ``terms``
and ``grads``.
"""

import importlib
import sys
from types import SimpleNamespace

import torch
from easydict import EasyDict
from torch import nn
from torch.nn import functional as F

from mia_plugins.hosts.live.compat import apply


def classification(model, args, output, label_ids):
    """MAG-BERT's and MulT's loss."""
    return {"classification": F.cross_entropy(logits_of(output), label_ids)}


def tcl_map(model, args, output, label_ids):
    """The terms as TCL-MAP's manager computes them."""
    views = torch.stack(output[2:], dim=1)
    criterion = importlib.import_module("utils.loss").SupConLoss()
    contrast = criterion(views, temperature=args.temperature, device=views.device, normalize_feature=True)
    return {"classification": F.cross_entropy(output[0], label_ids), "contrastive": contrast}


def misa(model, args, output, label_ids):
    """The terms as MISA's manager weighs them."""
    manager_class = importlib.import_module("methods.MISA.manager").MISA
    manager = manager_class.__new__(manager_class)
    utils = importlib.import_module("methods.MISA.utils")
    manager.args, manager.device = args, torch.device("cpu")
    manager.model = SimpleNamespace(model=model)
    manager.loss_diff, manager.loss_recon, manager.loss_cmd = utils.DiffLoss(), utils.MSE(), utils.CMD()
    manager.domain_loss_criterion = nn.CrossEntropyLoss(reduction="mean")
    alike = manager._get_cmd_loss() if args.use_cmd_sim else manager._get_domain_loss()
    return {
        "classification": F.cross_entropy(logits_of(output), label_ids),
        "difference": args.diff_weight * manager._get_diff_loss(),
        "cmd" if args.use_cmd_sim else "adversarial": args.sim_weight * alike,
        "reconstruction": args.recon_weight * manager._get_recon_loss(),
    }


LOSSES = {"classification": classification, "misa": misa, "tcl_map": tcl_map}


def logits_of(output):
    """The logits of what a network returns."""
    return output["mm"] if isinstance(output, dict) else output[0] if isinstance(output, tuple) else output


def main(host, source, target):
    apply(hosts_own=True)
    sys.path.insert(0, host)
    given = torch.load(source)
    args, batch, label_ids = EasyDict(given["args"]), given["batch"], given["label_ids"]
    args.device = torch.device("cpu")
    torch.manual_seed(0)
    model = getattr(importlib.import_module(given["module"]), given["name"])(args)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0
    for weight in model.parameters():
        if weight.ndim < 2:  # biases of zero and scales of one would hide mistakes
            weight.data += 0.1 * torch.randn_like(weight)
        else:
            weight.data *= given["scale"]
    result = {"state": model.state_dict()}
    for mode in ("eval", "train"):
        model.train(mode == "train")
        model.zero_grad()
        output = model(*(batch[name] for name in ("text_feats", "video_feats", "audio_feats", *given["more"])))
        terms = LOSSES[given["losses"]](model, args, output, label_ids)
        sum(terms.values()).backward()
        result[mode] = {
            "logits": logits_of(output).detach(),
            "terms": {name: term.detach() for name, term in terms.items()},
            "grads": {name: w.grad.clone() for name, w in model.named_parameters() if w.grad is not None},
        }
    torch.save(result, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
