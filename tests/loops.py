"""Neural layers written with plain lists and loops, as references for the tensors' versions."""

import math


def softmax(row):
    """Exponentials of a list that add up to 1."""
    top = max(row)
    out = [math.exp(x - top) for x in row]
    return [x / sum(out) for x in out]


def relu(x):
    """A list without its negative part."""
    return [max(0.0, value) for value in x]


def linear(layer, x):
    """A linear layer on one vector."""
    bias = [0.0] * layer.out_features if layer.bias is None else layer.bias.tolist()
    return [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(layer.weight.tolist(), bias)]


def layer_norm(layer, x):
    """A layer normalization on one vector."""
    mean = sum(x) / len(x)
    var = sum((v - mean) ** 2 for v in x) / len(x)
    rows = zip(x, layer.weight.tolist(), layer.bias.tolist())
    return [(v - mean) / math.sqrt(var + layer.eps) * w + b for v, w, b in rows]


def add(*vectors):
    """The sum of vectors."""
    return [sum(values) for values in zip(*vectors)]


def norm(x):
    """The Euclidean length of a vector."""
    return math.sqrt(sum(value * value for value in x))


def mean(vectors):
    """The mean of vectors."""
    return [sum(values) / len(vectors) for values in zip(*vectors)]


def attend(queries, keys, values, heads, may_read=lambda target, source: True):
    """Attention target by target and head by head; ``may_read`` says which sources a target sees."""
    width = len(queries[0]) // heads
    out = []
    for target, query in enumerate(queries):
        seen = [source for source in range(len(keys)) if may_read(target, source)]
        row = []
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            scores = [sum(a * b for a, b in zip(query[part], keys[s][part])) / math.sqrt(width) for s in seen]
            weights = softmax(scores)
            row += [sum(w * values[s][part][d] for w, s in zip(weights, seen)) for d in range(width)]
        out.append(row)
    return out
