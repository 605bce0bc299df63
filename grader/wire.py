"""How values cross the trust boundary: a small typed binary encoding, and frames to carry it.

Nothing that comes from a sandbox is unpickled or evaluated. A value is one letter for its kind
and then its content; numbers are little-endian; lengths and counts are 32-bit.

=====  ===========================================================================================
letter content
=====  ===========================================================================================
N T F  None, True, False: nothing
i      length, two's complement bytes (at most MAX_INT_BYTES)
d      float64
c      two float64: a complex number
s b    length, UTF-8 text or bytes
l t    count, values: list or tuple
m      count, (key, value) pairs: dict
a      array: dtype, number of dimensions, shape, bytes in C order
n      NumPy scalar: dtype, bytes
R      number of a generator, whose state travels beside
u      text: a function of `utils` by name, as "utils.losses:mean_squared_error"
=====  ===========================================================================================

The last two stand in arguments only. A dtype is one of a fixed list, written as its index. The
decoder checks each length against what is there before it makes room for it, and each nesting,
count and total against a limit. Whatever is malformed raises WireError, nothing else.
"""

from __future__ import annotations

import importlib
import math
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

MAX_BYTES = 8_000_000  # of one encoded value that comes from a sandbox
MAX_DEPTH = 60  # deeper than plain values may be nested
MAX_NODES = 200_000  # values in one message, arrays counted as one
MAX_DICT = 20_000  # keys of one dict
MAX_COLLIDING = 1_000  # keys of one message that could be chosen to collide: see `_can_collide`
MAX_INT_BYTES = 1_024  # so that an int can always be shown (Python refuses beyond 4300 digits)
MAX_DIMENSIONS = 32
MAX_SIDE = 2**23  # so that nobody walks along an array's side for ever, however empty it is

DTYPES: tuple[np.dtype, ...] = tuple(
    np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
)
_DTYPE_INDEX = {dtype: index for index, dtype in enumerate(DTYPES)}

_U32 = struct.Struct("<I")
_F64 = struct.Struct("<d")
_C128 = struct.Struct("<dd")
_I64 = struct.Struct("<q")


class WireError(ValueError):
    """Bytes that are no value of this encoding, or a value that it does not know."""


# --------------------------------------------------------------------------- encoding


@dataclass
class Encoded:
    """An encoded value, the generators that it refers to in order, and the functions of `utils`."""

    data: bytes
    generators: list[np.random.Generator] = field(default_factory=list)
    functions: dict[str, object] = field(default_factory=dict)  # by name


class TooLarge(WireError):
    """A value beyond the limits; the message names it: "a dict of more than 20000 keys"."""


def encode(value: object) -> bytes:
    """Encode a value of plain kinds, NumPy scalars included.

    Raises
    ------
    TooLarge : for what `decode` would refuse because of its size
    WireError : for any other kind of value, too deep a nesting
    """
    encoder = _Encoder(rich=False)
    encoder.write(value, 0)
    return b"".join(encoder.parts)


def encode_arguments(value: object) -> Encoded:
    """Encode what a test hands to a function: generators and functions of `utils` are let through.

    Raises
    ------
    TooLarge, WireError : as `encode`, but for the number of bytes, which is not limited
    """
    encoder = _Encoder(rich=True)
    encoder.write(value, 0)
    return Encoded(b"".join(encoder.parts), encoder.generators, encoder.functions)


class _Encoder:
    def __init__(self, rich: bool) -> None:
        self.rich = rich
        self.room = math.inf if rich else MAX_BYTES  # for texts, bytes and arrays
        self.nodes = 0
        self.colliding = 0
        self.parts: list[bytes] = []
        self.generators: list[np.random.Generator] = []
        self.functions: dict[str, object] = {}

    def write(self, value: object, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise WireError(f"A value is nested more than {MAX_DEPTH} levels deep.")
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES} values in lists, tuples or dicts")
        writer = _WRITERS.get(type(value))
        if writer is not None:
            writer(self, value, depth)
        elif isinstance(value, np.ndarray):
            _write_array(self, np.asarray(value), depth)
        elif isinstance(value, np.generic):
            _write_scalar(self, value)
        elif self.rich and isinstance(value, np.random.Generator):
            self._write_generator(value)
        elif self.rich and callable(value):
            name = name_of_function(value)
            self.functions[name] = value
            text = name.encode()
            self.parts += (b"u", _U32.pack(len(text)), text)
        else:
            raise WireError(f"A value of type {type(value).__name__} can't be sent.")

    def take_room(self, count: int) -> None:
        """So many bytes are about to be made."""
        self.room -= count
        if self.room < 0:
            raise TooLarge(f"a result of more than {MAX_BYTES // 10**6} million bytes")

    def _write_generator(self, generator: np.random.Generator) -> None:
        indices = (i for i, known in enumerate(self.generators) if known is generator)
        index = next(indices, len(self.generators))
        if index == len(self.generators):
            self.generators.append(generator)
        self.parts += (b"R", _U32.pack(index))


def _write_int(encoder: _Encoder, value: int, depth: int) -> None:
    if -(2**63) <= value < 2**63:
        encoder.parts += (b"i\x08\x00\x00\x00", _I64.pack(value))
        return
    length = value.bit_length() // 8 + 1
    if length > MAX_INT_BYTES:
        raise TooLarge(f"an integer of more than {MAX_INT_BYTES} bytes")
    encoder.parts += (b"i", _U32.pack(length), value.to_bytes(length, "little", signed=True))


def _write_text(encoder: _Encoder, value: str, depth: int) -> None:
    encoder.take_room(len(value))
    text = value.encode("utf-8", "replace")  # lone surrogates become question marks
    encoder.parts += (b"s", _U32.pack(len(text)), text)


def _write_bytes(encoder: _Encoder, value: bytes, depth: int) -> None:
    encoder.take_room(len(value))
    encoder.parts += (b"b", _U32.pack(len(value)), value)


def _write_list(encoder: _Encoder, value: list, depth: int) -> None:
    encoder.parts += (b"l", _U32.pack(len(value)))
    for element in value:
        encoder.write(element, depth + 1)


def _write_tuple(encoder: _Encoder, value: tuple, depth: int) -> None:
    encoder.parts += (b"t", _U32.pack(len(value)))
    for element in value:
        encoder.write(element, depth + 1)


def _write_dict(encoder: _Encoder, value: dict, depth: int) -> None:
    if len(value) > MAX_DICT:
        raise TooLarge(f"a dict of more than {MAX_DICT} keys")
    encoder.parts += (b"m", _U32.pack(len(value)))
    for key, element in value.items():
        encoder.colliding += _can_collide(key)
        if encoder.colliding > MAX_COLLIDING:
            raise TooLarge(f"a dict of more than {MAX_COLLIDING} keys that are no simple ones")
        encoder.write(key, depth + 1)
        encoder.write(element, depth + 1)


def _write_array(encoder: _Encoder, value: np.ndarray, depth: int) -> None:
    shape = value.shape
    if _is_too_large(shape, value.dtype):
        raise TooLarge(f"an array of shape {shape}, which is too large")
    encoder.take_room(value.nbytes)
    dtype, value = _plain_dtype(value)
    encoder.parts += (
        b"a",
        bytes((dtype, len(shape))),
        struct.pack(f"<{len(shape)}I", *shape),
        value.tobytes(),
    )


def _write_scalar(encoder: _Encoder, value: np.generic) -> None:
    dtype, array = _plain_dtype(np.asarray(value))
    encoder.parts += (b"n", bytes((dtype,)), array.tobytes())


def _plain_dtype(value: np.ndarray) -> tuple[int, np.ndarray]:
    """An array's dtype as a number; long doubles become doubles, foreign byte orders our own."""
    index = _DTYPE_INDEX.get(value.dtype)
    if index is not None:
        return index, value
    if value.dtype.kind not in "biufc":
        raise WireError(f"An array of dtype {value.dtype} can't be sent.")
    dtype = value.dtype.newbyteorder("=")
    if dtype not in _DTYPE_INDEX:
        dtype = np.dtype(np.complex128 if dtype.kind == "c" else np.float64)
    with np.errstate(all="ignore"):
        return _DTYPE_INDEX[dtype], value.astype(dtype)


_WRITERS: dict[type, Callable[[_Encoder, Any, int], None]] = {
    type(None): lambda encoder, value, depth: encoder.parts.append(b"N"),
    bool: lambda encoder, value, depth: encoder.parts.append(b"T" if value else b"F"),
    float: lambda encoder, value, depth: encoder.parts.append(b"d" + _F64.pack(value)),
    complex: lambda encoder, value, depth: encoder.parts.append(
        b"c" + _C128.pack(value.real, value.imag)
    ),
    int: _write_int,
    str: _write_text,
    bytes: _write_bytes,
    list: _write_list,
    tuple: _write_tuple,
    dict: _write_dict,
    np.ndarray: _write_array,
}


# --------------------------------------------------------------------------- decoding


def decode(data: bytes) -> object:
    """The plain value that these bytes encode.

    Raises
    ------
    WireError : for bytes that `encode` can't have written
    """
    if len(data) > MAX_BYTES:
        raise WireError(f"A message has more than {MAX_BYTES} bytes.")
    return _Decoder(data).whole()


def decode_arguments_after(data: bytes, sent: Encoded) -> object:
    """Arguments as they come back from a sandbox, where `sent` went in.

    Generators and functions are the test's own.

    Raises
    ------
    WireError : for other bytes than `encode_arguments` writes, and for generators and functions
        that were not sent
    """
    if len(data) > MAX_BYTES:
        raise WireError(f"A message has more than {MAX_BYTES} bytes.")
    return _Decoder(data, sent.generators, sent.functions.get).whole()


def decode_arguments(data: bytes, generators: Sequence[np.random.Generator] = ()) -> Any:
    """The value that `encode_arguments` wrote. It imports what is named: only for the inside."""
    return _Decoder(data, generators, function_of_name).whole()


class _Decoder:
    def __init__(
        self,
        data: bytes,
        generators: Sequence[np.random.Generator] = (),
        function_of: Callable[[str], object] = lambda name: None,
    ) -> None:
        self.data = data
        self.position = 0
        self.nodes = 0
        self.colliding = 0
        self.generators = generators
        self.function_of = function_of

    def whole(self) -> object:
        """The one value that all the bytes encode."""
        value = self.read(0)
        if self.position != len(self.data):
            raise WireError("Bytes are left over after the value.")
        return value

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise WireError("The message ends before its value does.")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def count(self, smallest: int) -> int:
        """A length or count, of units that take at least so many bytes each: the rest must do."""
        (count,) = _U32.unpack(self.take(4))
        if count * smallest > len(self.data) - self.position:
            raise WireError("A length goes beyond the end of the message.")
        return count

    def read(self, depth: int) -> object:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise WireError("A value is nested too deep or has too many parts.")
        kind = self.take(1)
        reader = _READERS.get(kind)
        if reader is None:
            raise WireError(f"There is no kind of value {kind!r}.")
        return reader(self, depth)

    def read_int(self, depth: int) -> int:
        length = self.count(1)
        if not 1 <= length <= MAX_INT_BYTES:
            raise WireError("An integer has a wrong length.")
        return int.from_bytes(self.take(length), "little", signed=True)

    def read_text(self, depth: int) -> str:
        try:
            return self.take(self.count(1)).decode("utf-8")
        except UnicodeDecodeError:
            raise WireError("A text is no UTF-8.") from None

    def read_list(self, depth: int) -> list:
        return [self.read(depth + 1) for _ in range(self.count(1))]

    def read_dict(self, depth: int) -> dict:
        count = self.count(2)
        if count > MAX_DICT:
            raise WireError(f"A dict has more than {MAX_DICT} keys.")
        found: dict[object, object] = {}
        for _ in range(count):
            key = self.read(depth + 1)
            if not _is_key(key):
                raise WireError(f"A {type(key).__name__} can't be the key of a dict.")
            self.colliding += _can_collide(key)
            if self.colliding > MAX_COLLIDING:
                raise WireError(f"More than {MAX_COLLIDING} keys of dicts are no simple keys.")
            if key in found:
                raise WireError("A dict has the same key twice.")
            found[key] = self.read(depth + 1)
        return found

    def read_dtype(self) -> np.dtype:
        index = self.take(1)[0]
        if index >= len(DTYPES):
            raise WireError("An array has an unknown dtype.")
        return DTYPES[index]

    def read_array(self, depth: int) -> np.ndarray:
        dtype = self.read_dtype()
        dimensions = self.take(1)[0]
        if dimensions > MAX_DIMENSIONS:
            raise WireError(f"An array has {dimensions} dimensions.")
        shape = struct.unpack(f"<{dimensions}I", self.take(4 * dimensions))
        if _is_too_large(shape, dtype):
            raise WireError("An array is too large.")
        size = math.prod(shape) * dtype.itemsize
        content = bytearray(self.take(size))  # a copy that may be written to
        if dtype.kind == "b" and content.translate(None, b"\x00\x01"):
            raise WireError("An array of bools holds something else.")
        return np.frombuffer(content, dtype).reshape(shape)

    def read_scalar(self, depth: int) -> np.generic:
        dtype = self.read_dtype()
        content = self.take(dtype.itemsize)
        if dtype.kind == "b" and content not in (b"\x00", b"\x01"):
            raise WireError("A bool is neither true nor false.")
        return np.frombuffer(content, dtype)[0]

    def read_generator(self, depth: int) -> np.random.Generator:
        (index,) = _U32.unpack(self.take(4))
        if index >= len(self.generators):
            raise WireError("A generator stands where none may be.")
        return self.generators[index]

    def read_function(self, depth: int) -> object:
        function = self.function_of(self.read_text(depth))
        if function is None:
            raise WireError("A function stands where none may be.")
        return function


_READERS: dict[bytes, Callable[[_Decoder, int], object]] = {
    b"N": lambda decoder, depth: None,
    b"T": lambda decoder, depth: True,
    b"F": lambda decoder, depth: False,
    b"d": lambda decoder, depth: _F64.unpack(decoder.take(8))[0],
    b"c": lambda decoder, depth: complex(*_C128.unpack(decoder.take(16))),
    b"i": _Decoder.read_int,
    b"s": _Decoder.read_text,
    b"b": lambda decoder, depth: decoder.take(decoder.count(1)),
    b"l": _Decoder.read_list,
    b"t": lambda decoder, depth: tuple(decoder.read_list(depth)),
    b"m": _Decoder.read_dict,
    b"a": _Decoder.read_array,
    b"n": _Decoder.read_scalar,
    b"R": _Decoder.read_generator,
    b"u": _Decoder.read_function,
}


def _is_too_large(shape: Sequence[int], dtype: np.dtype) -> bool:
    """Whether an array has too many entries, with empty sides counted as one.

    (0, 2**31, 2**31, …) would overflow NumPy's strides, and of (2**31, 0) a test would make a tuple
    of as many empty arrays.
    """
    return math.prod(max(side, 1) for side in shape) * dtype.itemsize > MAX_SIDE


def _is_key(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_is_key(element) for element in value)
    return value is None or type(value) in (bool, int, float, complex, str, bytes)


def _can_collide(key: object) -> bool:
    """Whether any number of such keys with one hash is easily made.

    Each is compared with all others: 20,000 of them in a dict take minutes. Texts have a secret in
    their hash, and of floats and 64-bit ints only a few share one.
    """
    return type(key) in (tuple, complex) or (type(key) is int and key.bit_length() > 63)


# --------------------------------------------------------- functions and generators


def name_of_function(function: object) -> str:
    """A function or class of `utils` as "module:name".

    Raises
    ------
    WireError : for any other function
    """
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None)
    if isinstance(function, (FunctionType, BuiltinFunctionType, type)) and isinstance(name, str):
        text = f"{module}:{name}"
        if str(module).startswith("utils.") and _find(text, sys.modules.get) is function:
            return text
    raise WireError(
        f"{name or type(function).__name__} can't be sent: tests pass plain values, generators "
        "and functions of utils."
    )


def function_of_name(text: str) -> object:
    """The function or class of `utils` that bears this name here, None where there is none."""
    return _find(text, importlib.import_module)


def _find(text: str, look_up: Callable[[str], object]) -> object:
    module, _, name = text.partition(":")
    if not module.startswith("utils."):
        return None
    found = look_up(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


_BIT_GENERATORS = {"PCG64": np.random.PCG64, "PCG64DXSM": np.random.PCG64DXSM}


def state_of(generator: np.random.Generator) -> dict[str, object]:
    """A generator's state as a plain value.

    Raises
    ------
    WireError : for other kinds than `np.random.default_rng` gives
    """
    state = generator.bit_generator.state
    if state["bit_generator"] not in _BIT_GENERATORS:
        raise WireError(f"A generator of kind {state['bit_generator']} can't be sent.")
    return dict(state)


def set_state(generator: np.random.Generator, state: object) -> None:
    """Put a generator into a state that may come from a sandbox.

    Only states that drawing leads to are taken: of the same kind and stream, with each number in
    its range. In a stream of someone's choice all numbers may be the same, and NumPy, which draws
    normal numbers until one fits, would draw for ever.
    """
    known = generator.bit_generator.state
    inner = state.get("state") if isinstance(state, Mapping) else None
    stream = inner.get("inc") if isinstance(inner, Mapping) else None
    if type(stream) is not int or stream != known["state"]["inc"]:
        raise WireError("A generator came back as another one.")
    _put(generator, state)


def _put(generator: np.random.Generator, state: object) -> None:
    kind = generator.bit_generator.state["bit_generator"]
    if kind not in _BIT_GENERATORS or not isinstance(state, Mapping):
        raise WireError("A generator came back in no state.")
    inner = state.get("state")
    if state.get("bit_generator") != kind or not isinstance(inner, Mapping):
        raise WireError("A generator came back as another kind.")
    generator.bit_generator.state = {
        "bit_generator": kind,
        "state": {key: _number(inner.get(key), 2**128) for key in ("state", "inc")},
        "has_uint32": _number(state.get("has_uint32"), 2),
        "uinteger": _number(state.get("uinteger"), 2**32),
    }


def _number(value: object, below: int) -> int:
    if type(value) is not int or not 0 <= value < below:
        raise WireError("A generator came back in an impossible state.")
    return value


def generator_in(state: object) -> np.random.Generator:
    """A new generator in this state."""
    kind = state.get("bit_generator") if isinstance(state, Mapping) else None
    if not isinstance(kind, str) or kind not in _BIT_GENERATORS:
        raise WireError("There is no such kind of generator.")
    generator = np.random.Generator(_BIT_GENERATORS[kind]())
    _put(generator, state)
    return generator
