"""Functions that people know from elsewhere and that are no ops: what to write in their place."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ORDER: Final = "No op picks entries by their order; make their indices an input, and index."
_MATRIX: Final = "Inverses, determinants and decompositions of matrices are not among the ops."
_STEPS: Final = "Its derivative is 0 wherever it has one, and it is not among the ops."
_ARC: Final = "Inverse trigonometric functions are not among the ops."
_SHAPE: Final = "Name the shape: `zeros(x.shape[0], x.shape[1])`, or `0 * x` for zeros."
_NORMED: Final = (
    "Write it out: `(x - mean(x, axis=-1, keepdims=True)) / "
    "sqrt(var(x, axis=-1, keepdims=True) + 1e-5)`, with the axes that are meant."
)
_PATCHES: Final = "It is not among the ops; take the patches out by index, and reduce those."
_SLICES: Final = "Take the parts out by index: `x[:, 0:3]`."
_PICKED: Final = "Index instead: `x[arange(6), t]`, where `t` holds whole numbers."
_PRODUCT: Final = "Write it with `permute_dims(x, (1, 0))`, `x @ y` and `sum(x, axis=0)`."

ADVICE_FOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "gelu": (
            "Write it out: `0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x ** 3)))`, "
            "its approximation by tanh; the exact one needs erf, which is not among the ops."
        ),
        "silu": "Write it out: `x * sigmoid(x)`.",
        "swish": "Write it out: `x * sigmoid(x)`.",
        "mish": "Write it out: `x * tanh(softplus(x))`.",
        "elu": "Write it out: `where(x > 0, x, expm1(minimum(x, 0)))`.",
        "celu": "Write it out: `where(x > 0, x, expm1(minimum(x, 0)))`.",
        "selu": (
            "Write it out: `1.0507009873554805 * where(x > 0, x, "
            "1.6732632423543772 * expm1(minimum(x, 0)))`."
        ),
        "leaky_relu": "Write it out: `where(x > 0, x, 0.01 * x)`.",
        "relu6": "Write it out: `clip(x, 0, 6)`.",
        "hardtanh": "Write it out: `clip(x, -1, 1)`.",
        "logsigmoid": "Write it out: `-softplus(-x)`.",
        "log_sigmoid": "Write it out: `-softplus(-x)`.",
        "softsign": "Write it out: `x / (1 + abs(x))`.",
        "softmin": "Write it out: `softmax(-x)`.",
        "einsum": _PRODUCT,
        "tensordot": _PRODUCT,
        "linear": "Write it out: `x @ w.T + b`.",
        "layer_norm": _NORMED,
        "batch_norm": _NORMED,
        "normalize": "Write it out: `x / norm(x, axis=-1, keepdims=True)`.",
        "scaled_dot_product_attention": "Write it out: `softmax(q @ k.mT / d ** 0.5) @ v`.",
        "dropout": "Make the mask an input, and multiply: `x * mask`.",
        **dict.fromkeys(("conv1d", "conv2d", "convolve", "max_pool2d", "avg_pool2d"), _PATCHES),
        "l1_loss": "Write it out: `mean(abs(x - y))`.",
        "huber_loss": (
            "Write it out: `mean(where(abs(x - y) < 1, 0.5 * (x - y) ** 2, abs(x - y) - 0.5))`."
        ),
        "smooth_l1_loss": (
            "Write it out: `mean(where(abs(x - y) < 1, 0.5 * (x - y) ** 2, abs(x - y) - 0.5))`."
        ),
        "nll_loss": "Write it out: `-mean(lp[arange(6), t])`, or use `cross_entropy(z, t)`.",
        "binary_cross_entropy": "Write it out: `-mean(t * log(p) + (1 - t) * log(1 - p))`.",
        "binary_cross_entropy_with_logits": "Write it out: `mean(softplus(z) - t * z)`.",
        "kl_div": "Write it out: `mean(t * (log(t) - x))`.",
        "tan": "Write it out: `sin(x) / cos(x)`.",
        "sinh": "Write it out: `(exp(x) - exp(-x)) / 2`.",
        "cosh": "Write it out: `(exp(x) + exp(-x)) / 2`.",
        **dict.fromkeys(("asin", "acos", "atan", "atan2", "arcsin", "arccos", "arctan"), _ARC),
        "erf": "It is not among the ops.",
        "log2": "Write it out: `log(x) / 0.6931471805599453`.",
        "log10": "Write it out: `log(x) / 2.302585092994046`.",
        "exp2": "Write it out: `2 ** x`.",
        "rsqrt": "Write it out: `1 / sqrt(x)`.",
        "cbrt": "Write it out: `x ** (1 / 3)`, which holds above 0.",
        "hypot": "Write it out: `sqrt(x * x + y * y)`.",
        **dict.fromkeys(("floor", "ceil", "round", "trunc"), _STEPS),
        **dict.fromkeys(("argmax", "argmin", "argsort", "sort", "topk", "median"), _ORDER),
        **dict.fromkeys(("cumsum", "cumprod"), "Multiply by a triangular input: `L @ x`."),
        **dict.fromkeys(("inv", "solve", "det", "slogdet", "svd", "eigh", "cholesky"), _MATRIX),
        "trace": "Write it out: `sum(x * eye(3))`.",
        "diag": "Write it out: `x * eye(3)`.",
        **dict.fromkeys(("tril", "triu"), "Multiply by a mask of zeros and ones, an input."),
        **dict.fromkeys(("zeros_like", "ones_like", "full_like", "empty_like"), _SHAPE),
        **dict.fromkeys(("randn_like", "rand_like"), "Make it an input: `randn(2, 3)`."),
        "randint": "Write the whole numbers out, as an input with `dtype: int64`.",
        **dict.fromkeys(("split", "chunk", "unbind"), _SLICES),
        **dict.fromkeys(("gather", "take", "index_select", "take_along_dim"), _PICKED),
        **dict.fromkeys(("flip", "roll"), "Index instead: `x[[2, 0, 1]]`."),
        **dict.fromkeys(("repeat", "tile"), "Write it out: `concat([x, x])`."),
        **dict.fromkeys(("swapaxes", "moveaxis", "movedim"), "Use `permute_dims(x, (1, 0, 2))`."),
        "masked_fill": "Write it out: `where(mask, 0, x)`.",
        "pad": "Join zeros to it: `concat([zeros(2), x])`.",
        "clone": "Values never change behind a name: leave it out.",
        "contiguous": "Arrays have no layout here: leave it out.",
        "item": "A number is a value as others are: leave it out.",
        "backward": "Gradients are those of `loss`, and are not asked for by statements.",
        "float": "Write it out: `astype(x, 'float32')`.",
        "double": "Write it out: `astype(x, 'float64')`.",
        "half": "Write it out: `astype(x, 'float16')`.",
        "long": "Write it out: `astype(x, 'int64')`.",
        "to": "Write it out: `astype(x, 'float32')`; there are no devices.",
        "size": "Write `x.shape[0]`.",
    }
)
