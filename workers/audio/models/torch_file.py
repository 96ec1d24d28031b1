"""Read the numbers out of a torch file of the old format, without torch and without trusting it.

Such a file is a row of pickles: a magic number, a version, facts of the machine, the object with
its tensors named by storage keys, the list of the keys; then for each key a count and raw numbers.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workers.audio.models.files import ModelInvalid

_TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8", "IntStorage": "<i4"}
_COUNT = struct.Struct("<q")


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: str


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]


class _Reader(pickle.Unpickler):
    """Knows the few names that such a file needs and refuses every other one."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in {"_rebuild_tensor", "_rebuild_tensor_v2"}:
            return _tensor
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise ModelInvalid(f"the file asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        return _Storage(key=str(pid[2]), dtype=str(pid[1]))


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape)


def read_tensors(data: bytes, *, state: str) -> dict[str, npt.NDArray[np.float32]]:
    """Return the arrays of the dictionary that stands under `state`, by name.

    Strides are taken for those of a contiguous tensor, as a saved model has them. Raises
    ModelInvalid for a file of another form.
    """
    file = io.BytesIO(data)
    try:
        for _ in range(3):
            _Reader(file).load()
        named: dict[str, _Tensor] = _Reader(file).load()[state]
        keys: list[str] = _Reader(file).load()
        dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in named.values()}
        numbers: dict[str, npt.NDArray[Any]] = {}
        for key in keys:
            (count,) = _COUNT.unpack(file.read(_COUNT.size))
            # A storage that no wanted tensor uses is skipped as single numbers of 4 bytes.
            kind = np.dtype(dtypes.get(str(key), "<f4"))
            numbers[str(key)] = np.frombuffer(file.read(count * kind.itemsize), kind)
        return {name: _filled(tensor, numbers) for name, tensor in named.items()}
    except (pickle.UnpicklingError, struct.error, ValueError, KeyError, EOFError) as error:
        raise ModelInvalid("the file is no torch file of the old format") from error
    except (TypeError, AttributeError, IndexError, OverflowError) as error:
        raise ModelInvalid("the file is no torch file of the old format") from error


def _filled(tensor: _Tensor, numbers: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    size = int(np.prod(tensor.shape))
    part = numbers[tensor.storage.key][tensor.offset : tensor.offset + size]
    return part.reshape(tensor.shape).astype(np.float32)
