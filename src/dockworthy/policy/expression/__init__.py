"""Rules' expressions: CEL, with a third value for what is not known.

The library parses and computes; what it can't express is ours: which value a path of the model has, and that a value
which nobody wrote or could see makes unknown what depends on it (`false && unknown` is false all the same).
"""

from .evaluating import Evaluation, evaluate
from .faults import ExpressionError
from .outcomes import Known, NotKnown
from .parsing import Expression, parse

__all__ = ["Evaluation", "Expression", "ExpressionError", "Known", "NotKnown", "evaluate", "parse"]
