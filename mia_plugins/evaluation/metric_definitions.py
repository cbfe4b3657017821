"""What is known about a metric, and the definitions of all metrics that a test run of the benchmark reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .predictions import Predictions

IN_SCOPE, OPEN_SET, DETECTION = "in-scope (%)", "IS + OOS (%)", "OOS detection (%)"
SEVERAL, NUMBER = "labels (%)", "number (accuracy and F1 in %)"
UNSEEN = "trained + new (%)"


@dataclass(frozen=True)
class Metric:
    """One metric.

    Those from ``table`` to ``monitor`` say where it is shown: its position among those shown there, smallest first; None:
    not there.

    Args:
        name: its key in a run's results, spelled as the benchmark spells it.
        heading: what a paper's table calls it.
        group: heading of the table it stands in.
        meaning: its definition in one sentence; MMOIR: as MMOIR's ``utils/metrics.py`` computes it, quirks included.
        higher_is_better: false for an error.
        percent: whether results hold a fraction that is shown times 100; false: shown as it is.
        textbook_of: the benchmark's metric whose textbook definition this is, where the two differ.
        table: in the tables of the terminal and of reports.
        column: in the results table.
        overview: where ``mia-plugins results`` is asked for no metric in particular.
        ablation: in the table of the modality ablation.
        monitor: among the values of ``eval_monitor``, the dev score that picks the best epoch; of an error, the smallest.
        compute: the metric of some clips, from their predictions and the number of in-scope intents; a label id of that
            number is out of scope. None: the benchmark's, which :mod:`.scoring` computes.
        problem: what is learned where it applies: ``multi-class``, ``multi-label`` or ``regression``.
    """

    name: str
    heading: str
    group: str
    meaning: str
    higher_is_better: bool = True
    percent: bool = True
    textbook_of: str | None = None
    table: int | None = None
    column: int | None = None
    overview: int | None = None
    ablation: int | None = None
    monitor: int | None = None
    compute: Callable[[Predictions, int], float] | None = None
    problem: str = "multi-class"


# fmt: off
BENCHMARK_METRICS = (
    Metric("acc", "ACC", IN_SCOPE, "Fraction of the in-scope clips whose predicted intent is right.",
           table=1, column=1, overview=1, ablation=1, monitor=1),
    Metric("f1", "F1", IN_SCOPE, "F1 = 2PR / (P + R), mean over the intents that occur in the in-scope clips.",
           table=2, column=4, overview=2, ablation=2, monitor=2),
    Metric("prec", "P", IN_SCOPE, "Fraction of an intent's predictions that are right, mean over intents.",
           table=3, column=5, monitor=4),
    Metric("rec", "R", IN_SCOPE, "Fraction of an intent's clips that are recognized, mean over intents.",
           table=4, column=6, monitor=6),
    Metric("weighted_f1", "WF1", IN_SCOPE, "F1, mean over intents weighted by their clips.",
           table=5, column=2, monitor=3),
    Metric("weighted_prec", "WP", IN_SCOPE, "Precision, mean over intents weighted by their clips.",
           table=6, column=3, monitor=5),
    Metric("weighted_rec", "WR", IN_SCOPE, "Recall, mean over intents weighted by their clips: equal to acc."),
    Metric("oid_acc", "ACC", OPEN_SET, "Fraction of all clips whose class is right, out of scope being one more class.",
           table=1, column=13, overview=3, ablation=3),
    Metric("f1-known", "F1-IS", OPEN_SET, "Mean F1 of all classes that occur but the last, to 4 digits (MMOIR).",
           table=2, column=14),
    Metric("f1-open", "F1-OS", OPEN_SET, "F1 of the last class that occurs, out of scope if it does, to 4 digits (MMOIR).",
           table=3, column=15),
    Metric("oid_f1", "F1", OPEN_SET, "Mean F1 of all classes that occur, to 4 digits (MMOIR).",
           table=4, column=16, overview=4, ablation=4),
    Metric("f1-known_fixed", "F1-IS", OPEN_SET, "Mean F1 of the intents; one that does not occur has F1 = 0.",
           textbook_of="f1-known"),
    Metric("f1-open_fixed", "F1-OS", OPEN_SET, "F1 of the class out of scope.", textbook_of="f1-open"),
    Metric("oid_f1_fixed", "F1", OPEN_SET, "Mean F1 of the intents and the class out of scope.", textbook_of="oid_f1"),
    Metric("is_os_f1", "F1-IS/OS", OPEN_SET, "Mean of f1-known_fixed and f1-open_fixed, on dev.", monitor=7),
    Metric("auroc", "AUROC", DETECTION, "Area under the ROC curve: how often an in-scope clip scores above an OOS one.",
           table=1, column=7, overview=5),
    Metric("aupr_in", "AUPR-In", DETECTION, "Trapezoidal area under precision-recall of the in-scope clips (MMOIR).",
           table=2, column=8),
    Metric("aupr_out", "AUPR-Out", DETECTION, "Trapezoidal area under precision-recall of the OOS clips (MMOIR).",
           table=3, column=9),
    Metric("fpr95", "FPR95", DETECTION, "OOS accepted at the first clip, highest score first, with TPR >= 0.95 (MMOIR).",
           higher_is_better=False, table=4, column=10, overview=6),
    Metric("eer", "EER", DETECTION, "FPR where abs(FPR - FNR) is smallest among the corners of the ROC curve (MMOIR).",
           higher_is_better=False, table=5, column=12),
    Metric("der", "DER", DETECTION, "Least (1 - pi) FNR + pi FPR with TPR >= 0.95, pi being the in-scope fraction (MMOIR).",
           higher_is_better=False, table=6, column=11),
    Metric("aupr_in_ap", "AP-In", DETECTION, "Average precision of the in-scope clips.", textbook_of="aupr_in"),
    Metric("aupr_out_ap", "AP-Out", DETECTION, "Average precision of the OOS clips.", textbook_of="aupr_out"),
    Metric("fpr95_standard", "FPR95", DETECTION, "OOS accepted at the highest threshold with TPR >= 0.95.",
           higher_is_better=False, textbook_of="fpr95"),
    Metric("eer_standard", "EER", DETECTION, "Where FPR = FNR on the interpolated ROC curve.",
           higher_is_better=False, textbook_of="eer"),
    Metric("der_standard", "DER", DETECTION, "Least pi FNR + (1 - pi) FPR with TPR >= 0.95: clips decided wrongly.",
           higher_is_better=False, textbook_of="der"),
    Metric("macro_f1", "F1", SEVERAL, "F1 of a label, decided at probability 0.5, mean over all labels.",
           table=1, column=17, overview=7, ablation=5, monitor=8, problem="multi-label"),
    Metric("micro_f1", "micro F1", SEVERAL, "F1 of all decisions on a clip and a label, at probability 0.5.",
           table=2, column=18, overview=8, ablation=6, monitor=9, problem="multi-label"),
    Metric("samples_f1", "samples F1", SEVERAL,
           "F1 of a clip's labels at probability 0.5, mean over clips; 0 if it has none.",
           table=3, column=19, monitor=10, problem="multi-label"),
    Metric("exact_match", "exact", SEVERAL, "Fraction of the clips with every label right at probability 0.5.",
           table=4, column=20, monitor=11, problem="multi-label"),
    Metric("hamming_loss", "Hamming", SEVERAL, "Fraction of wrong decisions on a clip and a label, at probability 0.5.",
           higher_is_better=False, table=5, column=21, monitor=12, problem="multi-label"),
    Metric("mAP", "mAP", SEVERAL, "Average precision of a label, mean over the labels that occur; needs no threshold.",
           table=6, column=22, overview=9, monitor=13, problem="multi-label"),
    Metric("MAE", "MAE", NUMBER, "Mean absolute error.", higher_is_better=False, percent=False,
           table=1, column=23, overview=10, ablation=7, monitor=14, problem="regression"),
    Metric("Corr", "Corr", NUMBER, "Pearson's correlation; not a number (NaN) where all predictions are equal.",
           percent=False, table=2, column=24, overview=11, monitor=15, problem="regression"),
    Metric("Mult_acc_7", "Acc-7", NUMBER, "Sentiment cut to -3 .. 3 and rounded half to even: fraction right (MMSA).",
           table=3, column=25, overview=12, monitor=16, problem="regression"),
    Metric("Mult_acc_5", "Acc-5", NUMBER, "As Mult_acc_7, cut to -2 .. 2 (MMSA).",
           table=4, column=26, monitor=17, problem="regression"),
    Metric("Has0_acc_2", "Acc-2 (≥ 0)", NUMBER, "Sentiment >= 0 or < 0: fraction right, all clips (MMSA).",
           table=5, column=27, overview=13, ablation=8, monitor=18, problem="regression"),
    Metric("Has0_F1_score", "F1 (≥ 0)", NUMBER, "Sentiment >= 0 or < 0: F1 weighted by the true classes (MMSA).",
           table=6, column=28, monitor=19, problem="regression"),
    Metric("Non0_acc_2", "Acc-2 (> 0)", NUMBER, "Sentiment > 0 or <= 0: fraction right, without clips of target 0 (MMSA).",
           table=7, column=29, overview=14, monitor=20, problem="regression"),
    Metric("Non0_F1_score", "F1 (> 0)", NUMBER, "As Non0_acc_2: F1 weighted by the true classes (MMSA).",
           table=8, column=30, monitor=21, problem="regression"),
    Metric("Has0_F1_score_swapped", "F1 (≥ 0), swapped", NUMBER,
           "Has0_F1_score with truth and prediction swapped, as MISA's and MulT's code does by mistake, and many tables.",
           column=31, problem="regression"),
    Metric("Non0_F1_score_swapped", "F1 (> 0), swapped", NUMBER, "Non0_F1_score with truth and prediction swapped.",
           column=32, problem="regression"),
    Metric("trained_acc", "trained", UNSEEN, "Accuracy on clips of trained intents, new ones being offered too.", table=1),
    Metric("new_acc", "new", UNSEEN, "Accuracy on clips of new intents, trained ones being offered too.", table=2),
    Metric("harmonic_acc", "harmonic", UNSEEN, "Harmonic mean of trained_acc and new_acc.", table=3),
    Metric("among_new_acc", "new among new", UNSEEN, "Accuracy on clips of new intents, these alone being offered.",
           table=4),
    Metric("new_auroc", "AUROC", UNSEEN, "How often a clip of a trained or new intent scores above one out of scope, by "
           "logits raised by their descriptions.", table=5),
)
# fmt: on
