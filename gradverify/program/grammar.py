"""The grammar of statements: which constructs of Python stand for which ops, and which do not."""

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

BINARY: Final[Mapping[type[ast.operator], str]] = MappingProxyType(
    {
        ast.Add: "add",
        ast.Sub: "subtract",
        ast.Mult: "multiply",
        ast.Div: "divide",
        ast.Pow: "power",
        ast.MatMult: "matmul",
    }
)
COMPARISONS: Final[Mapping[type[ast.cmpop], str]] = MappingProxyType(
    {
        ast.Eq: "equal",
        ast.NotEq: "not_equal",
        ast.Lt: "less",
        ast.LtE: "less_equal",
        ast.Gt: "greater",
        ast.GtE: "greater_equal",
    }
)
PROPERTIES: Final = MappingProxyType({"T": "transpose", "mT": "matrix_transpose"})
REFUSED: Final[Mapping[type[ast.AST], str]] = MappingProxyType(
    {
        ast.FloorDiv: "`//`",
        ast.Mod: "`%`",
        ast.BitAnd: "`&`",
        ast.BitOr: "`|`",
        ast.BitXor: "`^`",
        ast.LShift: "`<<`",
        ast.RShift: "`>>`",
        ast.Invert: "`~`",
        ast.Not: "`not`",
        ast.In: "`in`",
        ast.NotIn: "`not in`",
        ast.Is: "`is`",
        ast.IsNot: "`is not`",
        ast.And: "`and`",
        ast.Or: "`or`",
        ast.IfExp: "a conditional",
        ast.Lambda: "a function of one's own",
        ast.FunctionDef: "a function of one's own",
        ast.Import: "an import",
        ast.ImportFrom: "an import",
        ast.ListComp: "a comprehension",
        ast.GeneratorExp: "a comprehension",
        ast.DictComp: "a comprehension",
        ast.SetComp: "a comprehension",
        ast.JoinedStr: "text",
        ast.Dict: "a dictionary",
        ast.Set: "a set",
        ast.Starred: "`*`",
        ast.NamedExpr: "`:=`",
        ast.Attribute: "an attribute",
        ast.Expr: "an expression without a name",
        ast.AnnAssign: "an annotation",
        ast.For: "a loop",
        ast.While: "a loop",
    }
)
