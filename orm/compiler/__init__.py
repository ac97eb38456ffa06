"""From the expression tree to SQL text and a plan of parameters."""

from orm.compiler.cache import CompiledCache
from orm.compiler.compiled import Compiled, ResultColumn
from orm.compiler.ddl import DDLCompiler
from orm.compiler.identifiers import IdentifierPreparer
from orm.compiler.statement import SQLCompiler
from orm.compiler.types import TypeCompiler

__all__ = [
    "Compiled",
    "CompiledCache",
    "DDLCompiler",
    "IdentifierPreparer",
    "ResultColumn",
    "SQLCompiler",
    "TypeCompiler",
]
