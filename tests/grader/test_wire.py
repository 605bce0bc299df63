"""The encoding that crosses the trust boundary: what goes in comes out, nonsense is refused."""

import contextlib
import math
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader import wire
from grader.wire import (
    DTYPES,
    WireError,
    decode,
    decode_arguments,
    decode_arguments_after,
    encode,
    encode_arguments,
)
from utils import activations, perceptron

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ints = st.integers(-(2**8000), 2**8000)
plain_dtypes = st.sampled_from(DTYPES)
arrays = plain_dtypes.flatmap(
    lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
scalars = plain_dtypes.flatmap(npst.from_dtype)
leaves = st.one_of(
    *(st.none(), st.booleans(), ints, st.floats(), st.complex_numbers(), texts, st.binary()),
    *(arrays, scalars),
)
keys = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.tuples(inner, inner),
    max_leaves=4,
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
    ),
    max_leaves=12,
)


def identical(a: object, b: object) -> bool:
    """The same kinds, shapes and bits; nan is nan."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, np.generic):
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return identical(list(a.items()), list(b.items()))
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, complex):
        return identical([a.real, a.imag], [b.real, b.imag])
    return a == b


class TestRoundTrip:
    @given(values)
    def test_what_goes_in_comes_out(self, value):
        assert identical(decode(encode(value)), value)

    @given(values)
    def test_arguments_too(self, value):
        assert identical(decode_arguments(encode_arguments(value).data), value)

    @pytest.mark.parametrize(
        "array",
        [
            np.arange(24.0).reshape(4, 6)[::2, ::-3],
            np.arange(12).reshape(3, 4).T,
            np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            np.broadcast_to(np.float32(2), (3, 5)),
            np.array(7.5),
            np.zeros((0, 3)),
            np.zeros((3, 0, 2), bool),
        ],
    )
    def test_any_layout_of_memory(self, array):
        came = decode(encode(array))
        np.testing.assert_array_equal(came, array)
        assert came.dtype == array.dtype
        assert came.flags.writeable

    def test_foreign_kinds_of_numbers_become_ours(self):
        assert decode(encode(np.arange(3, dtype=">i4"))).dtype == np.int32
        assert decode(encode(np.longdouble("0.5"))) == 0.5
        np.testing.assert_array_equal(decode(encode(np.array([1, 2], ">f8"))), [1.0, 2.0])

    def test_lone_surrogates_become_question_marks(self):
        assert decode(encode("a\ud800b")) == "a?b"

    def test_array_subclasses_become_arrays(self):
        matrix = np.ma.masked_array([1.0, 2.0], [True, False])
        assert type(decode(encode(matrix))) is np.ndarray

    def test_keys_that_are_equal_but_not_the_same_kind(self):
        assert identical(decode(encode({1: "a", 1.5: "b"})), {1: "a", 1.5: "b"})


class TestWhatCanNotBeSent:
    @pytest.mark.parametrize(
        "value",
        [
            object(),
            {1, 2},
            iter([]),
            lambda: 1,
            np.array([None]),
            np.array(["text"]),
            np.array([(1, 2.0)], "i4,f8"),
            np.array(["2020-01-01"], "M8[D]"),
            np.datetime64("2020-01-01"),
            2 ** (8 * wire.MAX_INT_BYTES),
            np.random.default_rng(0),
            type("Sneaky", (int,), {})(3),
        ],
    )
    def test_other_kinds(self, value):
        with pytest.raises(WireError):
            encode(value)
        with pytest.raises(WireError):
            encode([value])

    def test_bottomless_nesting(self):
        endless: list = []
        endless.append(endless)
        with pytest.raises(WireError, match="nested"):
            encode(endless)

    def test_functions_from_elsewhere(self):
        for function in (np.exp, len, lambda: 1, self.test_bottomless_nesting, math.sin):
            with pytest.raises(WireError):
                encode_arguments(function)

    def test_a_function_that_only_claims_to_be_of_utils(self):
        def step(z):
            return z

        step.__module__, step.__qualname__ = "utils.perceptron", "step"
        with pytest.raises(WireError):
            encode_arguments(step)


class TestFunctionsAndGenerators:
    def test_functions_of_utils_travel_by_name(self):
        sent = encode_arguments((perceptron.step, activations.sigmoid))
        assert decode_arguments(sent.data) == (perceptron.step, activations.sigmoid)

    def test_generators_travel_with_their_state(self):
        rng, other = np.random.default_rng(1), np.random.Generator(np.random.PCG64DXSM(2))
        rng.random(7)
        rng.integers(10, dtype=np.int32)  # leaves half of a 64-bit number over
        sent = encode_arguments([rng, other, rng])
        inside = [wire.generator_in(decode(encode(wire.state_of(g)))) for g in sent.generators]
        first, second, third = decode_arguments(sent.data, inside)
        assert first is third
        assert len(sent.generators) == 2
        np.testing.assert_array_equal(first.integers(9, size=9), rng.integers(9, size=9))
        np.testing.assert_array_equal(second.random(5), other.random(5))
        assert type(second.bit_generator) is np.random.PCG64DXSM

    def test_state_comes_back(self):
        rng, twin = np.random.default_rng(3), np.random.default_rng(3)
        twin.random(11)
        wire.set_state(rng, decode(encode(wire.state_of(twin))))
        assert rng.random() == twin.random()

    def test_other_generators_are_refused(self):
        with pytest.raises(WireError):
            wire.state_of(np.random.Generator(np.random.MT19937(0)))

    @pytest.mark.parametrize(
        "change",
        [
            {"bit_generator": "MT19937"},
            {"bit_generator": None},
            {"state": None},
            {"state": {"state": -1, "inc": 1}},
            {"state": {"state": 2**128, "inc": 1}},
            {"state": {"state": 1.0, "inc": 1}},
            {"state": {"state": True, "inc": 1}},
            {"state": {"state": 1}},
            {"state": {"state": 1, "inc": 1}},  # of another stream
            {"has_uint32": 2},
            {"uinteger": 2**32},
            {"uinteger": "1"},
        ],
    )
    def test_impossible_states_are_refused(self, change):
        rng = np.random.default_rng(3)
        before = wire.state_of(rng)
        with pytest.raises(WireError):
            wire.set_state(rng, before | change)
        assert wire.state_of(rng) == before

    @pytest.mark.parametrize("state", [None, 1, [], {}, {"bit_generator": []}])
    def test_what_is_no_state(self, state):
        with pytest.raises(WireError):
            wire.set_state(np.random.default_rng(0), state)
        with pytest.raises(WireError):
            wire.generator_in(state)

    def test_what_comes_back_names_only_what_was_sent(self):
        sent = encode_arguments((perceptron.step, np.random.default_rng(0)))
        assert decode_arguments_after(sent.data, sent) == (perceptron.step, sent.generators[0])
        other = encode_arguments((activations.sigmoid,)).data
        with pytest.raises(WireError):
            decode_arguments_after(other, sent)
        with pytest.raises(WireError):
            decode_arguments_after(b"R" + struct.pack("<I", 1), sent)
        for data in (sent.data, other, b"R" + struct.pack("<I", 0)):
            with pytest.raises(WireError):
                decode(data)

    def test_decoding_imports_nothing(self, monkeypatch):
        """A name that comes back is looked up among those that were sent, never imported."""
        monkeypatch.setattr(wire.importlib, "import_module", lambda name: pytest.fail(name))
        text = b"utils.lab:os.system"
        data = b"u" + struct.pack("<I", len(text)) + text
        for decoding in (decode, lambda d: decode_arguments_after(d, encode_arguments(()))):
            with pytest.raises(WireError):
                decoding(data)


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


def array_of(dtype: int, shape: tuple[int, ...], content: bytes) -> bytes:
    return b"a" + bytes((dtype, len(shape))) + b"".join(map(u32, shape)) + content


MALFORMED = {
    "nothing": b"",
    "an unknown letter": b"?",
    "a pickle": b"\x80\x04\x95\x00",
    "bytes left over": b"NN",
    "a text without end": b"s" + u32(10) + b"short",
    "a text of 4 GiB": b"s" + u32(2**32 - 1) + b"x",
    "no UTF-8": b"s" + u32(2) + b"\xff\xfe",
    "a surrogate in UTF-8": b"s" + u32(3) + b"\xed\xa0\x80",
    "an empty int": b"i" + u32(0),
    "a giant int": b"i" + u32(wire.MAX_INT_BYTES + 1) + b"\1" * (wire.MAX_INT_BYTES + 1),
    "a list of four thousand million": b"l" + u32(2**32 - 1) + b"N" * 9,
    "a list with one too few": b"l" + u32(3) + b"NN",
    "a dict of four thousand million": b"m" + u32(2**32 - 1) + b"NN" * 9,
    "a dict with a key and no value": b"m" + u32(1) + b"N",
    "the same key twice": b"m" + u32(2) + b"NTNT",
    "keys that are equal": b"m" + u32(2) + b"TT" + encode(1) + b"T",
    "a list as key": b"m" + u32(1) + b"l" + u32(0) + b"N",
    "a tuple with a list as key": b"m" + u32(1) + b"t" + u32(1) + b"l" + u32(0) + b"N",
    "an array as key": b"m" + u32(1) + array_of(0, (), b"\0") + b"N",
    "too deep": (b"l" + u32(1)) * (wire.MAX_DEPTH + 2) + b"N",
    "much too deep": (b"t" + u32(1)) * 1_000_000 + b"N",
    "an unknown dtype": array_of(len(DTYPES), (1,), bytes(64)),
    "dtype 255": array_of(255, (1,), bytes(64)),
    "too many dimensions": array_of(11, (1,) * 33, bytes(8)),
    "255 dimensions": b"a\x0b\xff" + bytes(2_000),
    "a terabyte": array_of(11, (2**20, 2**20), b""),
    "an overflowing product": array_of(11, (2**32 - 1,) * 32, b""),
    "an overflow hidden by an empty side": array_of(11, (0, *(2**32 - 1,) * 5), b""),
    "a long row of nothing": array_of(0, (2**24, 0), b""),
    "an array without its content": array_of(11, (3,), bytes(23)),
    "a bool that is neither": array_of(0, (2,), b"\x01\x02"),
    "a scalar bool that is neither": b"n\x00\x07",
    "a scalar of no dtype": b"n\xff" + bytes(8),
    "half a scalar": b"n\x0b" + bytes(4),
    "half a float": b"d" + bytes(7),
    "half a complex number": b"c" + bytes(15),
    "half a length": b"s\1\0",
}


class TestNonsense:
    @pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
    def test_is_refused(self, data):
        with pytest.raises(WireError):
            decode(data)
        with pytest.raises(WireError):
            decode_arguments_after(data, encode_arguments(()))

    @pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
    def test_costs_no_memory(self, data):
        """No room is made for a length before there is as much to read."""
        tracemalloc.start()
        with pytest.raises(WireError):
            decode(data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000 + 2 * len(data)

    @given(st.binary(max_size=300))
    def test_random_bytes(self, data):
        with contextlib.suppress(WireError):
            decode(data)

    letters = st.sampled_from(sorted(wire._READERS))

    @given(st.lists(st.one_of(letters, st.binary(max_size=6), st.just(u32(1))), max_size=40))
    def test_random_pieces_of_messages(self, pieces):
        with contextlib.suppress(WireError):
            decode(b"".join(pieces))

    @given(values, st.data())
    def test_a_message_cut_short(self, value, data):
        whole = encode(value)
        cut = data.draw(st.integers(0, len(whole) - 1))
        with pytest.raises(WireError):
            decode(whole[:cut])

    @given(values, st.data())
    def test_a_message_with_one_wrong_byte(self, value, data):
        whole = bytearray(encode(value))
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
        with contextlib.suppress(WireError):
            decode(bytes(whole))

    @given(values, st.binary(min_size=1, max_size=5))
    def test_a_message_with_something_behind(self, value, rest):
        with pytest.raises(WireError):
            decode(encode(value) + rest)

    def test_a_message_that_is_too_long(self):
        with pytest.raises(WireError, match="bytes"):
            decode(b"b" + u32(wire.MAX_BYTES) + bytes(wire.MAX_BYTES))

    def test_too_many_parts(self):
        with pytest.raises(WireError, match="parts"):
            decode(b"l" + u32(wire.MAX_NODES) + b"N" * wire.MAX_NODES)

    def test_a_dict_with_too_many_keys(self):
        pairs = b"".join(encode(key) + b"N" for key in range(wire.MAX_DICT + 1))
        with pytest.raises(WireError, match="keys"):
            decode(b"m" + u32(wire.MAX_DICT + 1) + pairs)

    @pytest.mark.parametrize(
        "key",
        [lambda n: 2**61 * n - n, lambda n: (n, -1), lambda n: complex(n, 1)],
        ids=["large ints", "tuples", "complex numbers"],
    )
    def test_keys_that_collide_on_purpose(self, key):
        """Each would be compared with all others."""
        many = [encode({key(n * 10 + i): None for n in range(8, 120)}) for i in range(10)]
        with pytest.raises(WireError, match="keys"):
            decode(b"l" + u32(len(many)) + b"".join(many))

    def test_what_is_decoded_shares_no_memory_with_the_message(self):
        data = encode(np.zeros(3))
        came = decode(data)
        came[0] = 1.0
        np.testing.assert_array_equal(decode(data), np.zeros(3))


class TestTooLarge:
    """What the decoder would refuse is not sent, and told in words that stand in a sentence."""

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            ([None] * wire.MAX_NODES, "more than 200000 values"),
            (dict.fromkeys(range(wire.MAX_DICT + 1)), "a dict of more than 20000 keys"),
            ({(n, -1): None for n in range(wire.MAX_COLLIDING + 1)}, "that are no simple ones"),
            (np.zeros((0, wire.MAX_SIDE)), r"an array of shape \(0, 8388608\)"),
            ("x" * (wire.MAX_BYTES + 1), "a result of more than 8 million bytes"),
            (bytes(wire.MAX_BYTES + 1), "a result of more than 8 million bytes"),
            ([np.zeros(wire.MAX_SIDE // 8)] * 2, "a result of more than 8 million bytes"),
            (1 << 10**6, "an integer of more than 1024 bytes"),
        ],
        ids=["parts", "keys", "colliding keys", "sides", "text", "bytes", "arrays", "an integer"],
    )
    def test_it_is_told_what_is_too_large(self, value, told):
        with pytest.raises(wire.TooLarge, match=told):
            encode(value)

    def test_no_room_is_made_for_it(self):
        array = np.broadcast_to(0.0, (2**14, 2**14))
        tracemalloc.start()
        with pytest.raises(wire.TooLarge):
            encode(array)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**20
