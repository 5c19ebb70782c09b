"""Assert scripts of the python families: what runs before the answer, and what must hold after it.

Slots are filled in; ``printed_lines`` is what the answer printed. Knows nothing of sandboxes.
"""

from __future__ import annotations

WORDS = '{name} = ["ab", "c", "defg"]'

SCRIPTS: dict[str, tuple[str, str]] = {
    "sum_list": ("", "assert {func}([1, 2, 3]) == 6 and {func}([]) == 0"),
    "max_list": ("", "assert {func}([3, 9, 2]) == 9"),
    "min_list": ("", "assert {func}([3, 9, 2]) == 2"),
    "reverse_string": ("", 'assert {func}("abc") == "cba"'),
    "count_vowels": ("", 'assert {func}("Abacate") == 4 and {func}("xyz") == 0'),
    "even_filter": ("", "assert {func}([1, 2, 3, 4]) == [2, 4]"),
    "factorial": ("", "assert {func}(5) == 120 and {func}(0) == 1"),
    "fibonacci": ("", "assert [{func}(n) for n in range(7)] == [0, 1, 1, 2, 3, 5, 8]"),
    "is_prime": ("", "assert [n for n in range(20) if {func}(n)] == [2, 3, 5, 7, 11, 13, 17, 19]"),
    "word_count": ("", 'assert {func}("a bc  d") == 3'),
    "palindrome": ("", 'assert {func}("arara") and not {func}("ab")'),
    "gcd": ("", "assert {func}(12, 18) == 6 and {func}(7, 5) == 1"),
    "celsius": ("", "assert {func}(100) == 212 and {func}(0) == 32"),
    "flatten": ("", "assert {func}([[1], [2, 3], []]) == [1, 2, 3]"),
    "unique": ("", "assert {func}([2, 1, 2, 3, 1]) == [2, 1, 3]"),
    "average": ("", "assert {func}([1, 2, 6]) == 3"),
    "squares": ("", "assert {func}(4) == [0, 1, 4, 9]"),
    "multiply_by": ("", "assert {func}(3) == 3 * {num}"),
    "add_to": ("", "assert {func}(3) == 3 + {num}"),
    "greater_than": ("", "assert {func}([{num} + 1, {num}, 0]) == [{num} + 1]"),
    "is_even": ("", "assert {func}(4) and not {func}(7)"),
    "read_lines": ('with open("t.txt", "w") as f: f.write("a\\nb\\n")', 'assert {func}("t.txt") == ["a", "b"]'),
    "to_int": ("", 'assert {func}("12") == 12 and {func}("x") == {num}'),
    "count_char": ("", 'assert {func}("{letter}1{letter}2".upper()) == 2'),
    "countdown": (
        "",
        "with contextlib.redirect_stdout(printed): {func}(3)\nassert printed.getvalue().split() == ['3', '2', '1']",
    ),
    "sort_by": ("", 'assert {func}([{"{key}": 2}, {"{key}": 1}]) == [{"{key}": 1}, {"{key}": 2}]'),
    "swap": ("{name}, {name2} = 1, 2", "assert ({name}, {name2}) == (2, 1)"),
    "print_range": ("", "assert printed_lines == [str(at) for at in range(1, {num} + 1)]"),
    "print_times": ("", 'assert printed_lines == ["{single}"] * {num}'),
    "print_text": ("", 'assert printed_lines == ["{single}"]'),
    "list_squares": ("", "assert {name} == [at**2 for at in range({num})]"),
    "dict_lengths": (WORDS, 'assert {name2} == {"ab": 2, "c": 1, "defg": 4}'),
    "join_list": (WORDS, 'assert {name2} == "ab{sep}c{sep}defg"'),
    "sort_list": ("{name} = [3, 1, 2]", "assert {name} == [1, 2, 3]"),
    "sort_reverse": ("{name} = [3, 1, 2]", "assert {name} == [3, 2, 1]"),
    "append": ("{name} = [0]", "assert {name} == [0, {num}]"),
    "write_file": ("", 'assert open("{file}").read() == "{single}"'),
    "read_file": ('with open("{file}", "w") as out: out.write("hey")', 'assert {name} == "hey"'),
    "json_load": ('with open("{file}", "w") as out: out.write("[1, 2]")', "assert {name} == [1, 2]"),
    "json_dump": ("{name} = [1, 2]", 'assert json.load(open("{file}")) == [1, 2]'),
    "random_choice": (WORDS, "assert {name2} in {name}"),
    "class_attribute": ("", "assert {cls}(5).{name} == 5"),
    "set_variable": ("", "assert {name} == {num}"),
    "enumerate": (WORDS, 'assert printed_lines == ["0 ab", "1 c", "2 defg"]'),
}
