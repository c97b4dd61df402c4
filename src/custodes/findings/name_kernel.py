"""How the inner loops of the matcher of names become machine code: numba, compiled ahead for one set of types each and kept on disk.

Entry points state their types, so that loading this package is all that ever compiles or opens a file (about 15 seconds once per installation, then half a
second); what only entry points call is compiled into them. A helper must stand in the file of the entry that calls it: numba looks at the age of that file alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

Array = np.ndarray[Any, Any]
njit: Any = numba.njit
types: Any = numba.types
config: Any = numba.config
F = TypeVar("F", bound=Callable[..., Any])

_KINDS = {
    "u1": types.uint8, "i1": types.int8, "i4": types.int32, "i8": types.int64, "u8": types.uint64, "f4": types.float32, "f8": types.float64, "b1": types.boolean,
}  # fmt: skip


def _type(code: str | tuple[type, str]) -> Any:
    if isinstance(code, tuple):
        return types.NamedTuple([_type(each) for each in code[1].split()], code[0])
    if "[" not in code:
        return _KINDS[code]
    return types.Array(_KINDS[code[:2]], code.count(":"), "C", readonly=not code.endswith("!"))


def entry(returns: str, *arguments: str | tuple[type, str], wide: bool = False) -> Callable[[F], F]:
    """Compile for these types: ``f4`` a number, ``f4[:]`` an array that is read, ``f4[:]!`` one that is written, (NamedTuple, "codes") a bundle of them.

    ``wide``: loops are long enough for several numbers at a time; most here run over the few words of a name. Nothing may be allocated inside.
    """
    back = types.void if returns == "-" else _type(returns)
    written = [_type(each) for argument in arguments for each in (argument.split() if isinstance(argument, str) else [argument])]

    def compiled(function: F) -> F:
        before, config.LOOP_VECTORIZE = config.LOOP_VECTORIZE, int(wide)
        try:
            done: F = njit(back(*written), cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True, _nrt=False)(function)
        finally:
            config.LOOP_VECTORIZE = before
        return done

    return compiled


def inner(function: F) -> F:
    """Compile as a part of the entries that call it."""
    compiled: F = njit(function, error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True, _nrt=False)
    return compiled


def room(array: Array, size: int) -> Array:
    """The array with room for ``size`` elements, doubled when it grows; what it held stays."""
    if len(array) >= size:
        return array
    more = np.zeros(max(size, 2 * len(array)), array.dtype)
    more[: len(array)] = array
    return more


def reading(array: Array) -> Array:
    """A view that cannot be written to: what a bundle of arrays to be read is made of."""
    view = array.view()
    view.flags.writeable = False
    return view
