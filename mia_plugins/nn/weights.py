"""What the weights of a saved model say before the model is built."""

from __future__ import annotations

from ..errors import UserError


def saved_shape(weights: str, name: str) -> tuple[int, ...]:
    """The shape of a saved tensor, read without the tensor.

    Args:
        weights: a safetensors file.
        name: the parameter's or buffer's.

    Raises:
        UserError: the file cannot be read, or has no such tensor.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="pt") as file:
            return tuple(file.get_slice(name).get_shape())
    except (OSError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:100]
        raise UserError(f"{weights}: has no readable {name} ({reason}); train again") from error
