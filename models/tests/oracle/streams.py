"""Golden words of StreamKey(42, "Coffee", "naive", "v1", 17532), from the definition of ChaCha with 8 rounds (RFC 8439's
block function, 64-bit counter, the stream as 64-bit nonce): python3 streams.py"""

import hashlib
import struct

M = 0xFFFFFFFF


def quarter(s, a, b, c, d):
    for x, y, z, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & M
        v = s[z] ^ s[x]
        s[z] = ((v << r) | (v >> (32 - r))) & M


def block(key, counter, nonce):
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key)]
    start += [counter & M, counter >> 32, nonce & M, nonce >> 32]
    s = start[:]
    for _ in range(4):
        for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            quarter(s, *q)
        for q in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, *q)
    words = [(a + b) & M for a, b in zip(s, start)]
    return [lo | hi << 32 for lo, hi in zip(words[::2], words[1::2])]


h = hashlib.sha256(struct.pack("<Q", 42))
for text in (b"Coffee", b"naive", b"v1"):
    h.update(struct.pack("<Q", len(text)) + text)
h.update(struct.pack("<i", 17532))
key = h.digest()
print("first word of days 0, 1, 2:", [block(key, 0, day)[0] for day in range(3)])
print("first four words of day 13:", block(key, 0, 13)[:4])
