"""Messages somebody broke: golden ones with bytes changed, cut, repeated or joined, from a seed or drawn by hypothesis."""

from random import Random

from hypothesis import strategies as st

INTERESTING = (b"\x00", b"\xff", b"9", b"0", b"F", b"\x80", b" ", b"=", b"D", b'"', b"<", b"&", b",", b"\n")


def mutant(random: Random, corpus: list[bytes]) -> bytes:
    """Return a message of the corpus after one to four random changes."""
    raw = bytearray(random.choice(corpus))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(raw) + 1)
        match random.randrange(6):
            case 0:
                raw[at : at + 1] = bytes((random.randrange(256),))
            case 1:
                raw[at:at] = random.choice(INTERESTING)
            case 2:
                del raw[at : at + random.randint(1, 8)]
            case 3:
                raw[at : at + 1] = random.choice(INTERESTING)
            case 4:
                other = random.choice(corpus)
                raw[at:] = other[random.randrange(len(other) + 1) :]
            case 5 if at < len(raw):
                raw[at] ^= 1 << random.randrange(8)
    return bytes(raw)


def mutants(corpus: list[bytes]) -> st.SearchStrategy[bytes]:
    """Return broken messages and any bytes at all."""
    return st.one_of(st.binary(max_size=400), st.randoms(use_true_random=False).map(lambda random: mutant(random, corpus)))
