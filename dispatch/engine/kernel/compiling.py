"""Compile the kernel once and keep the machine code where this process may write.

Numba keeps compiled functions beside their source, which a read-only installation forbids, and
looks only at a function's own file to see whether they are stale, although callees of other files
are compiled into it. So the folder is ours to choose and its name is a digest of every source.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any, TypeVar, cast

import numba
from llvmlite.ir import Constant
from numba.core import cgutils
from numba.extending import intrinsic

_F = TypeVar("_F", bound=Callable[..., object])
_T = TypeVar("_T")


def cache_folder() -> Path:
    """Return the first writable folder of: NUMBA_CACHE_DIR, FIELDOPS_HOME, cache, /tmp."""
    digest = sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    asked = [os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("FIELDOPS_HOME")]
    asked.append(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    asked.append(f"{gettempdir()}/fieldops-{os.getuid()}")
    for parent in filter(None, asked):
        folder = Path(parent) / "fieldops-kernel" / digest.hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise RuntimeError(f"no folder to keep the compiled kernel in: none of {asked} is writable")


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]


def compiled(function: _F) -> _F:
    """Compile at the first call, without the GIL, kept on disk."""
    return cast(_F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: _F) -> _F:
    """Compile into every caller: a call would copy the arrays' descriptors, 3 kB, each time."""
    return cast(_F, numba.njit(nogil=True, error_model="numpy", forceinline=True)(function))


@intrinsic
def _bare(typing_context: Any, arrays: Any) -> Any:  # noqa: ARG001 numba's signature
    """Return a named tuple of arrays that are not counted as in use.

    Taking an array out of a tuple counts it up and down with two locked instructions: of a round
    of 15 us that was three quarters. The caller's own tuple keeps the memory alive meanwhile.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        members = cgutils.unpack_tuple(builder, arguments[0])  # type: ignore[no-untyped-call]
        uncounted = []
        for kind, member in zip(signature.args[0].types, members, strict=True):
            array = context.make_array(kind)(context, builder, member)
            array.meminfo = Constant(array.meminfo.type, None)
            array.parent = Constant(array.parent.type, None)
            uncounted.append(array._getvalue())
        return context.make_tuple(builder, signature.return_type, uncounted)

    return arrays(arrays), generate


# Typed as what it does to a tuple; the intrinsic itself speaks of types.
bare = cast(Callable[[_T], _T], _bare)
