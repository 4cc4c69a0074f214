"""What breaks parsers, checkers, encoders and databases; nearly all of it carries a mark that no answer may repeat."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

MARK = "q7zx9mark"
DEEP, LONG_NUMBER, LONG_TEXT = 200_000, 5_000, 100_000

JSON_VALUES: Mapping[str, str] = {
    "not a number": "NaN",
    "infinity": "Infinity",
    "minus infinity": "-Infinity",
    "beyond a float": "1e999",
    "below a float": "-1e999",
    "minus zero": "-0.0",
    "long number": "1" * LONG_NUMBER,
    "beyond 64 bits": "9223372036854775808",
    "half a character": f'"{MARK}\\ud800"',
    "nul": f'"{MARK}\\u0000"',
    "escape": f'"{MARK}\\u001b[31m"',
    "right to left": f'"{MARK}\u202e\u2066"',
    "zero width": f'"{MARK}\u200b\ufeff"',
    "homoglyphs": f'"{MARK}\u0430\u0435\u043e"',
    "other digits": '"1\u0663"',
    "bare other digits": "1\u0663",
    "sql": f'"{MARK}\'; DROP TABLE households; --"',
    "html": f'"<script>{MARK}</script><img src=x onerror=alert(1)>"',
    "template": f'"{MARK}{{{{7*7}}}}${{7*7}}{{%raw%}}%s%(x)s"',
    "lines": f'"{MARK}\\r\\nset-cookie: a=b"',
    "long text": f'"{MARK}{"x" * LONG_TEXT}"',
    "list": f'["{MARK}"]',
    "object": f'{{"{MARK}": 1}}',
    "deep": "[" * 20_000 + "]" * 20_000,
    "true": "true",
    "null": "null",
    "nothing": "",
}
"""Texts that take the place of a value of a JSON document."""

TEXTS: Mapping[str, bytes] = {
    "plain": MARK.encode(),
    "empty": b"",
    "blank": b" ",
    "nul": MARK.encode() + b"\0",
    "half a character": MARK.encode() + "\ud800".encode("utf-8", "surrogatepass"),
    "no utf-8": MARK.encode() + b"\xff\xfe",
    "gbk": MARK.encode() + "农户".encode("gbk"),
    "utf-16": MARK.encode("utf-16"),
    "chinese": f"{MARK}农户".encode(),
    "right to left": f"{MARK}\u202e".encode(),
    "zero width": f"{MARK}\u200b".encode(),
    "homoglyphs": f"{MARK}\u0430".encode(),
    "other digits": "1\u0663".encode(),
    "wide digits": "\uff11\uff12".encode(),
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "beyond a float": b"1e999",
    "minus zero": b"-0.0",
    "long number": b"9" * LONG_NUMBER,
    "beyond 64 bits": b"9223372036854775808",
    "below 64 bits": b"-9223372036854775809",
    "sql": MARK.encode() + b"' OR 1=1; --",
    "html": b"<script>" + MARK.encode() + b"</script>",
    "attribute": b'" onmouseover="' + MARK.encode(),
    "template": MARK.encode() + b"{{7*7}}${7*7}{%raw%}%s%(x)s%n",
    "lines": MARK.encode() + b"\r\nset-cookie: a=b",
    "up": b"../../../etc/" + MARK.encode(),
    "encoded up": b"%2e%2e%2f" + MARK.encode(),
    "long text": MARK.encode() + b"x" * 5_000,
    "date": b"2021-02-30",
    "far date": b"9999-12-31",
    "year zero": b"0000-00-00",
    "list": b"[]",
    "semicolons": MARK.encode() + b"; a=b; c=d",
    "commas": MARK.encode() + b",,;q=nan,zh;q=inf,*;q=-1",
}
"""What is put in place of a parameter: in a path, a query or a header."""

MEDIA_TYPES: tuple[bytes | None, ...] = (
    b"application/json",
    b"application/vnd.riskmodel+json; charset=utf-16",
    None,
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=" + MARK.encode(),
    b"application/octet-stream",
    b"\xff" + MARK.encode(),
)


def quoted(value: bytes) -> str:
    """Return bytes as a path or a query holds them."""
    return quote(value, safe="")


def raw_bodies() -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are no sound document of any route."""
    mark = MARK.encode()
    yield "empty", b""
    yield "blank", b" \n\t"
    yield "null", b"null"
    yield "text", b'"' + mark + b'"'
    yield "number", b"1" * LONG_NUMBER
    yield "list", b'["' + mark + b'"]'
    yield "deep lists", b"[" * DEEP + b"]" * DEEP
    yield "deep objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield "open", b"[" * DEEP
    yield "hundred thousand keys", _keys(100_000)
    yield "same key", b"{" + b",".join([b'"' + mark + b'": 1'] * 1_000) + b"}"
    yield "binary", bytes(range(256)) * 10 + mark
    yield "sql", b"'; DROP TABLE households; -- " + mark
    yield "html", b"<script>" + mark + b"</script>"
    yield "form", b"name=" + mark + b"&name=2&password=" + mark + b"&%ff=%00"
    yield "many fields", b"&".join([b"a=" + mark] * 5_000)
    yield "parts", b"--" + mark + b'\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--' + mark + b"--\r\n"
    yield "entities", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>' + mark
    yield "gzip", b"\x1f\x8b\x08\x00" + mark


def altered_bodies(sound: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield what a document becomes with a hostile value in each place, keys that are not its own, and other encodings."""
    text = json.dumps(sound, ensure_ascii=False)
    for key, value in sound.items():
        own = f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        assert own in text
        for name, written in JSON_VALUES.items():
            yield f"{key}: {name}", _utf8(text.replace(own, f"{json.dumps(key)}: {written}"))
        yield f"{key} twice", _utf8(text.replace(own, f'{json.dumps(key)}: "{MARK}", {own}'))
        yield f"{key} missing", _utf8(json.dumps({name: one for name, one in sound.items() if name != key}))
    yield "unknown key", _utf8(json.dumps({**sound, MARK: 1}))
    yield "unknown key with half a character", _utf8(text[:-1] + f', "{MARK}\\ud800": 1}}')
    yield "mark of order", b"\xef\xbb\xbf" + _utf8(text)
    yield "utf-16", text.encode("utf-16")
    yield "utf-32", text.encode("utf-32")
    yield "gbk", (text[:-1] + f', "农户": "{MARK}"}}').encode("gbk")
    yield "raw half of a character", (text[:-1] + f', "\ud800{MARK}": 1}}').encode("utf-8", "surrogatepass")
    yield "cut short", _utf8(text[:-3])
    yield "two documents", _utf8(text + text)


def million_keys() -> bytes:
    """Return an object of a million keys."""
    return _keys(1_000_000)


def _keys(count: int) -> bytes:
    # written piece by piece: a million pieces at once would cost more memory than the service may take
    written = io.BytesIO(b"{")
    written.seek(1)
    for number in range(count):
        written.write(b'%s"%d":0' % (b"," if number else b"", number))
    written.write(b"}")
    return written.getvalue()


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
