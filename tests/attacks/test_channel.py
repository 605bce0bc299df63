"""Cheats that forge what the sandbox says to the grader.

A submission can find the descriptor on which its answers leave, and the nonce of the request that
it is answering. It may so claim to have returned whatever it likes, which is then judged like
anything else; whatever is no answer ends its session.
"""

import inspect

import pytest

from tests.attacks.arena import attack

# How a forger finds the nonce of the request that is being answered, and writes to the channel.
FORGER = """
import os, struct, sys

def nonce():
    frame = sys._getframe()
    while frame is not None:
        if "nonce" in frame.f_locals and isinstance(frame.f_locals["nonce"], bytes):
            return frame.f_locals["nonce"]
        frame = frame.f_back
    return bytes(16)

def frame_of(payload, kind=b"A", to=None, length=None):
    head = struct.pack("<16scI", to or nonce(), kind, len(payload) if length is None else length)
    return head + payload

def reply(value, outcome="returned", error="", lines=(), printed="", warned=(), states=()):
    from grader import wire
    head = wire.encode((outcome, 0, error, lines, printed, warned, states))
    coded = value if isinstance(value, bytes) else wire.encode(value)
    # the value stands behind the tuple's count and the outcome
    place = 5 + 5 + len(outcome)
    rest = head[place + len(wire.encode(0)):]
    head = head[:place] + coded + rest
    return struct.pack("<I", len(head)) + head

def say(data):
    while data:
        data = data[os.write(3, data):]
"""

U32 = 'u32 = lambda number: struct.pack("<I", number)\n'

# What is written in the place of an answer, and what comes of it. First true answers of the right
# nonce: the grader can't tell who wrote them, and judges them. The sandbox's own then is one too
# many.
FORGED = {
    "an answer of its own making, before its own": "say(frame_of(reply(1.0)))",
    "a claim to have passed": 'say(frame_of(reply("passed", printed="100 of 100 points")))',
    "another nonce": "say(frame_of(reply(-6.0), to=os.urandom(16)))",
    "a nonce of zeros": "say(frame_of(reply(-6.0), to=bytes(16)))",
    "the answer to a later question": "say(frame_of(reply(-6.0)) * 40)",
    "an endless stream": "while True: say(bytes(1 << 16))",
    "one byte": 'say(b"A")',
    "a frame that breaks off": "say(frame_of(reply(-6.0), length=10**6)); os._exit(0)",
    "a frame of four gigabytes": "say(frame_of(b'', length=2**32 - 1))",
    "a frame of another kind": 'say(frame_of(reply(-6.0), kind=b"X"))',
    "progress in the place of an answer": 'say(frame_of(b"i\\x08\\0\\0\\0" + bytes(8), kind=b"P"))',
    "an empty payload": 'say(frame_of(b""))',
    "a payload that contradicts itself": 'say(frame_of(u32(10**9) + b"N"))',
    "a pickle": 'say(frame_of(u32(30) + __import__("pickle").dumps(print) + bytes(30)))',
    "a reply of too few parts": 'say(frame_of(u32(1) + b"N"))',
    "a value nested without end": 'say(frame_of(reply((b"l" + u32(1)) * 10**5)))',
    "a list of four thousand million": 'say(frame_of(reply(b"l" + u32(2**32 - 1))))',
    "a text that is none": 'say(frame_of(reply(b"s" + u32(2) + b"\\xff\\xfe")))',
    "an array of objects": 'say(frame_of(reply(b"a\\x20\\1" + u32(1) + bytes(8))))',
    "an array without its content": 'say(frame_of(reply(b"a\\x0b\\1" + u32(99))))',
    "an array of a thousand million empty rows": (
        'say(frame_of(reply(b"a\\0\\2" + u32(2**30) + u32(0))))'
    ),
    "a function": 'say(frame_of(reply(b"u" + u32(19) + b"utils.lab:os.system")))',
    "a generator": 'say(frame_of(reply(b"R" + u32(0))))',
    "ten thousand keys that collide": (
        'say(frame_of(reply(b"m" + u32(10**4) + b"".join('
        'b"t" + u32(14) + b"".join(b"i\\1\\0\\0\\0" + (b"\\xff", b"\\xfe")[n >> i & 1:][:1]'
        ' for i in range(14)) + b"N" for n in range(10**4)))))'
    ),
    "an unknown outcome": 'say(frame_of(reply(-6.0, outcome="passed")))',
    "an outcome that is an array": (
        'say(frame_of(reply(-6.0).replace(b"s" + u32(8) + b"returned",'
        ' b"a\\0\\1" + u32(2) + b"\\1\\1")))'
    ),
    "states of generators that it never had": "say(frame_of(reply(-6.0, states=({},))))",
    "a line of a negative number": 'say(frame_of(reply(-6.0, lines=((-1, "x"),))))',
    "a warning of a kind of its own": (
        'say(frame_of(reply(-6.0, warned=(("SystemExit", "x"), ("catch_warnings", "y")))))'
    ),
}


@pytest.mark.sandbox
@pytest.mark.parametrize("forgery", FORGED.values(), ids=FORGED.keys())
def test_forged_answer(arena, forgery):
    """One call writes to the channel itself. It costs its exercise, at most, and no other."""
    source = f"{FORGER}{U32}\ndef weighted_sum(x, w, b):\n    {forgery}\n    return 0.123\n"
    row = grade_one(arena, source)
    assert row.status in ("killed", "failed")


def grade_one(arena, source):
    """The row of weighted_sum, when all others are honest; no neighbours, for speed."""
    from tests.attacks.arena import assert_deserved, with_cheat

    graded = arena.grade(with_cheat(source, {"weighted_sum": ""}))
    row = graded.rows[0]
    assert_deserved(graded, graded.lesson, {"weighted_sum": row.status})
    assert row.exercise == "weighted_sum"
    assert row.points == 0
    return row


@attack(weighted_sum="killed")
def test_neighbours_of_forgers():
    """Sends a reply with the next request's answer behind it, written ahead for any nonce."""
    return (
        FORGER
        + """
def weighted_sum(x, w, b):
    for first in range(256):
        say(frame_of(reply(float(np.dot(x, w) + b)), to=bytes([first]) * 16))
    return 0.123
"""
    )


@attack(weighted_sum="killed", step="failed")
def test_an_answer_from_a_thread():
    """Leaves a thread behind that answers later questions ahead of the sandbox."""
    return (
        FORGER
        + """
import threading, time

def answer_for_ever():
    while True:
        try:
            say(frame_of(reply(1.0), to=os.urandom(16)))
        except OSError:
            return
        time.sleep(0.001)

def weighted_sum(x, w, b):
    threading.Thread(target=answer_for_ever, daemon=True).start()
    time.sleep(0.05)
    return np.dot(x, w) + b

def step(z):
    return 0.123
"""
    )


@attack(weighted_sum="failed")
def test_taking_over_the_conversation():
    """Serves the channel itself from now on, and answers every question with what it likes."""
    return (
        FORGER
        + """
def weighted_sum(x, w, b):
    say(frame_of(reply(0.123)))
    from grader.sandbox import protocol
    while True:
        request = protocol.read_frame(3)
        if request is None:
            os._exit(0)
        say(frame_of(reply(1.0), to=request[0]))
"""
    )


@attack(weighted_sum="not_started")
def test_forged_definitions():
    """While its cells run, says that they have run, and what they define."""
    return (
        FORGER
        + """
from grader import wire
names = ("weighted_sum", "step", "perceptron_predict", "boundary_line", "perceptron_update",
         "train_perceptron")
say(frame_of(wire.encode({name: ("passed", "100 of 100") for name in names})))
"""
    )


@attack(weighted_sum="not_started")
def test_definitions_that_are_arrays():
    """Tells of each exercise a status that is an array, which is equal to nothing and to all."""
    return (
        FORGER
        + """
from grader import wire
names = ("weighted_sum", "step", "perceptron_predict", "boundary_line", "perceptron_update",
         "train_perceptron")
say(frame_of(wire.encode({name: (np.array([True, True]), "") for name in names})))
"""
    )


@attack(weighted_sum="not_started")
def test_progress_without_end():
    """Reports cells that do not exist."""
    return (
        FORGER
        + """
from grader import wire
for cell in range(100000):
    say(frame_of(wire.encode(cell), kind=b"P"))
"""
    )


@attack("03_networks", init_dense="killed")
def test_a_generator_that_draws_one_number_for_ever():
    """Sends the test's generator back in a state of which NumPy draws no normal number, ever."""
    return """
def init_dense(n_inputs, n_outputs, rng):
    state = rng.bit_generator.state
    output = 0xFFFFFFFFFFFFFF00  # the ziggurat's rarest case; the logarithms that follow refuse it
    fixed = output | 0 << 64
    multiplier = 0x2360ED051FC65DA44385DF649FCCF645
    state["state"] = {"state": fixed, "inc": fixed * (1 - multiplier) % 2**128}
    rng.bit_generator.state = state
    return np.zeros((n_inputs, n_outputs)), np.zeros(n_outputs)
"""


def test_the_forger_writes_what_the_sandbox_writes():
    """Else all of the above would be refused for a slip of its own."""
    from grader.sandbox import _read_reply, wire

    scope = {"np": None}
    exec(inspect.cleandoc(FORGER), scope)
    sent = wire.encode_arguments(((), {}))
    reply = _read_reply(scope["reply"](-6.0, printed="x"), (), {}, sent)
    assert (reply.value, reply.printed, reply.outcome) == (-6.0, "x", "returned")
