"""An exact calculator on text: ``+ - * / % ( )`` over decimal numbers. A parser with bounds; nothing is evaluated as code."""

from __future__ import annotations

import re
from fractions import Fraction

DIVISION_ERROR = "error: division by zero"
SYNTAX_ERROR = "error: not an arithmetic expression"
PLACES = 6
"""Decimal places of a result that is no whole number; trailing zeros are dropped."""
LONGEST = 200
"""Longest expression, in characters; it bounds the nesting of the parser too."""

_TOKEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|[-+*/%()])")


class _Malformed(Exception):
    """The text is not an arithmetic expression."""


def calc(expression: str) -> str:
    """Work out ``+ - * / % ( )`` over decimal numbers, exactly; ``%`` is the remainder, with the sign of the divisor.

    Whole results come plain, others rounded to six places without trailing zeros; errors come as ``error: ...``.
    """
    try:
        return _written(_Parser(expression).value())
    except ZeroDivisionError:
        return DIVISION_ERROR
    except _Malformed:
        return SYNTAX_ERROR


def _written(value: Fraction) -> str:
    scaled = round(value * 10**PLACES)
    whole, part = divmod(abs(scaled), 10**PLACES)
    digits = f"{whole}.{part:0{PLACES}d}".rstrip("0").rstrip(".")
    return f"-{digits}" if scaled < 0 else digits


class _Parser:
    """Recursive descent: sum → product → signed → number or bracket."""

    def __init__(self, expression: str) -> None:
        self._tokens = self._split(expression)
        self._at = 0

    @staticmethod
    def _split(expression: str) -> list[str]:
        if len(expression) > LONGEST:
            raise _Malformed
        tokens, at, text = [], 0, expression.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise _Malformed
            tokens.append(match[1])
            at = match.end()
        return tokens

    def value(self) -> Fraction:
        result = self._sum()
        if self._peek():
            raise _Malformed
        return result

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _sum(self) -> Fraction:
        result = self._product()
        while self._peek() in ("+", "-"):
            result = result + self._product() if self._take() == "+" else result - self._product()
        return result

    def _product(self) -> Fraction:
        result = self._signed()
        while (operator := self._peek()) in ("*", "/", "%"):
            self._take()
            other = self._signed()
            result = result * other if operator == "*" else result / other if operator == "/" else result % other
        return result

    def _signed(self) -> Fraction:
        if self._peek() in ("+", "-"):
            return self._signed() if self._take() == "+" else -self._signed()
        token = self._take()
        if token == "(":
            result = self._sum()
            if self._take() != ")":
                raise _Malformed
            return result
        if not token or not token[0].isdigit():
            raise _Malformed
        return Fraction(token)
