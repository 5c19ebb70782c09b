"""Slot values of the doing skills: plausible and nonsense names, words and numbers, each seen or held out.

Knows nothing of questions. Open sets are split by ``held_out`` on the value itself, closed ones by ``pick``, so a value
is on one side whatever family it turns up in.
"""

from __future__ import annotations

import keyword
import random
from collections.abc import Callable, Iterable, Mapping

from a3x.ladder.corpus.example import held_out, pick

STEMS = tuple(
    [
        "notes",
        "notas",
        "report",
        "relatorio",
        "data",
        "dados",
        "config",
        "app",
        "main",
        "test",
        "teste",
        "log",
        "server",
        "backup",
        "photo",
        "foto",
        "budget",
        "lista",
        "todo",
        "draft",
        "resume",
        "invoice",
        "fatura",
        "script",
        "setup",
        "index",
        "users",
        "clientes",
        "vendas",
        "sales",
        "results",
        "output",
        "input",
        "summary",
        "resumo",
        "readme",
        "changelog",
        "agenda",
        "diario",
        "receitas",
        "music",
        "video",
        "thesis",
        "tese",
        "aula",
        "plan",
        "plano",
        "access",
        "error",
        "system",
        "model",
        "train",
        "README",
        "IMG",
        "scan",
        "contract",
        "contrato",
        "letter",
        "carta",
        "table",
        "tabela",
        "orders",
        "pedidos",
    ]
)
EXTENSIONS = tuple(
    [
        "txt",
        "md",
        "py",
        "log",
        "csv",
        "json",
        "html",
        "css",
        "js",
        "pdf",
        "jpg",
        "png",
        "toml",
        "yaml",
        "xml",
        "sh",
        "c",
        "h",
        "rs",
        "go",
        "java",
        "ini",
        "conf",
        "tsv",
        "mp3",
        "mp4",
        "zip",
        "sql",
        "bak",
        "tmp",
        "svg",
        "tex",
        "ipynb",
        "dat",
        "cfg",
        "wav",
        "gif",
    ]
)
FOLDERS = tuple(
    [
        "src",
        "docs",
        "tests",
        "build",
        "photos",
        "fotos",
        "music",
        "downloads",
        "backup",
        "backups",
        "logs",
        "data",
        "dados",
        "projects",
        "projetos",
        "scripts",
        "images",
        "imagens",
        "reports",
        "relatorios",
        "notes",
        "notas",
        "config",
        "public",
        "assets",
        "videos",
        "work",
        "trabalho",
        "old",
        "temp",
        "archive",
        "lib",
        "bin",
        "models",
        "Documents",
        "Downloads",
        "Pictures",
        "Desktop",
        "Documentos",
    ]
)
WORDS = tuple(
    [
        "error",
        "warning",
        "TODO",
        "failed",
        "timeout",
        "password",
        "user",
        "import",
        "def",
        "class",
        "return",
        "main",
        "root",
        "debug",
        "info",
        "connection",
        "erro",
        "falha",
        "aviso",
        "senha",
        "usuario",
        "sucesso",
        "conta",
        "cliente",
        "total",
        "nome",
        "value",
        "token",
        "session",
        "index",
        "FIXME",
        "None",
        "true",
        "false",
        "start",
        "stop",
        "ok",
        "done",
        "hello",
        "world",
        "teste",
        "versao",
        "data",
        "file",
        "disk",
        "memory",
        "cache",
    ]
)
VERBS = ("fix", "add", "update", "remove", "improve", "rename", "clean", "test", "corrige", "adiciona", "atualiza")
PROGRAMS = tuple(
    [
        "python3",
        "git",
        "bash",
        "curl",
        "tar",
        "gcc",
        "make",
        "node",
        "vim",
        "nano",
        "ssh",
        "perl",
        "ruby",
        "go",
        "cargo",
        "docker",
        "ffmpeg",
        "sed",
        "grep",
        "find",
    ]
)
VARIABLES = tuple(
    [
        "HOME",
        "PATH",
        "USER",
        "SHELL",
        "LANG",
        "TERM",
        "PWD",
        "EDITOR",
        "HOSTNAME",
        "TZ",
        "A3X_HOME",
        "PYTHONPATH",
        "LOGNAME",
        "DISPLAY",
    ]
)
THEMES = ("python", "cli", "summary", "reasoning", "general", "music", "cooking", "travel", "garden", "chess")
MODES = ("600", "644", "700", "755", "640", "750", "664", "444", "400", "775", "770", "660", "500", "555")
FUNCTIONS = tuple(
    [
        "f",
        "g",
        "h",
        "solve",
        "compute",
        "calc",
        "process",
        "helper",
        "run",
        "check",
        "my_func",
        "do_it",
        "work",
        "result",
        "get_value",
        "total",
        "calcular",
        "processar",
        "resolver",
        "util",
        "minha_funcao",
        "func1",
        "func2",
        "task",
        "step",
        "apply",
    ]
)
NAMES = tuple(
    [
        "x",
        "y",
        "a",
        "b",
        "i",
        "k",
        "n",
        "v",
        "s",
        "t",
        "item",
        "value",
        "count",
        "total",
        "num",
        "text",
        "temp",
        "left",
        "right",
        "first",
        "last",
        "foo",
        "bar",
    ]
)
KEYS = tuple(
    ["name", "age", "price", "size", "date", "id", "nome", "idade", "valor", "city", "score", "weight", "level", "year"]
)
RESERVED = frozenset(keyword.kwlist)
ONSETS = tuple(
    [
        "b",
        "c",
        "d",
        "f",
        "g",
        "j",
        "k",
        "l",
        "m",
        "n",
        "p",
        "r",
        "s",
        "t",
        "v",
        "z",
        "br",
        "cr",
        "dr",
        "fl",
        "gr",
        "pl",
        "tr",
        "ch",
        "st",
    ]
)
VOWELS = ("a", "e", "i", "o", "u")
CODAS = (*("",) * 7, "n", "r", "s", "l")
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Make = Callable[[random.Random, float], str]


def nonsense(rng: random.Random, least: int = 2, most: int = 3) -> str:
    """A pronounceable word that means nothing."""
    return "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(rng.randint(least, most)))


def stem(rng: random.Random, difficulty: float) -> str:
    """A file or folder name without extension: common, nonsense, joined, numbered or plain noise."""
    chance = rng.random()
    if chance < 0.25:
        return rng.choice(STEMS)
    if chance < 0.7 or difficulty < 0.1:
        return nonsense(rng)
    if chance < 0.8:
        return f"{rng.choice(STEMS)}{rng.choice('_-')}{nonsense(rng, 1, 2)}"
    if chance < 0.93:
        return f"{rng.choice((rng.choice(STEMS), nonsense(rng)))}{rng.choice(('', '_', '-'))}{rng.randint(1, 2999)}"
    return rng.choice(LETTERS) + "".join(rng.choices(LETTERS + "0123456789", k=rng.randint(3, 6)))


def _file(rng: random.Random, difficulty: float) -> str:
    return f"{stem(rng, difficulty)}.{pick(rng, EXTENSIONS, False)}"


def _folder(rng: random.Random, difficulty: float) -> str:
    name = rng.choice(FOLDERS) if rng.random() < 0.3 else stem(rng, difficulty)
    return f"{name}/{stem(rng, difficulty)}" if difficulty > 0.3 and rng.random() < 0.12 else name


def _word(rng: random.Random, difficulty: float) -> str:
    chance = rng.random()
    if chance < 0.35:
        return rng.choice(WORDS)
    word = nonsense(rng)
    if chance < 0.45:
        return word.upper() if chance < 0.4 else word.capitalize()
    return f"{word} {rng.choice(WORDS)}" if chance > 0.92 and difficulty > 0.2 else word


def _single(rng: random.Random, difficulty: float) -> str:
    word = _word(rng, difficulty)
    return word.replace(" ", "_")


def _message(rng: random.Random, difficulty: float) -> str:
    tail = rng.choice(WORDS).lower() if rng.random() < 0.4 else nonsense(rng)
    return f"{rng.choice(VERBS)} {tail}" if rng.random() < 0.7 else f"{rng.choice(VERBS)} {nonsense(rng)} {tail}"


def _branch(rng: random.Random, difficulty: float) -> str:
    name = stem(rng, difficulty).lower()
    return f"{rng.choice(('feature', 'fix', 'test'))}/{name}" if rng.random() < 0.3 else name


def _url(rng: random.Random, difficulty: float) -> str:
    host = rng.choice(("example.com", "www.example.com", "files.example.com", "docs.example.com"))
    return f"https://{host}/{rng.choice((stem, _folder))(rng, difficulty)}/{_file(rng, difficulty)}"


def _identifier(common: tuple[str, ...]) -> Make:
    def make(rng: random.Random, difficulty: float) -> str:
        chance = rng.random()
        if chance < 0.3:
            return rng.choice(common)
        if chance < 0.8:
            return nonsense(rng, 1, 3) if common is NAMES else nonsense(rng)
        return f"{nonsense(rng, 1, 2)}_{nonsense(rng, 1, 2)}"

    return make


def _class_name(rng: random.Random, difficulty: float) -> str:
    return nonsense(rng).capitalize()


def _variable(rng: random.Random, difficulty: float) -> str:
    return rng.choice(VARIABLES) if rng.random() < 0.3 else nonsense(rng).upper()


def _program(rng: random.Random, difficulty: float) -> str:
    return rng.choice(PROGRAMS) if rng.random() < 0.5 else nonsense(rng)


def _number(low: int, high: int) -> Make:
    def make(rng: random.Random, difficulty: float) -> str:
        top = high if high < 20 or rng.random() < 0.2 + 0.5 * difficulty else min(high, low + 30)
        return str(rng.randint(low, top))

    return make


def _archive(rng: random.Random, difficulty: float) -> str:
    return f"{stem(rng, difficulty)}.tar.gz"


def _theme(rng: random.Random, difficulty: float) -> str:
    return rng.choice(THEMES) if rng.random() < 0.6 else nonsense(rng)


OPEN: Mapping[str, Make] = {
    "file": _file,
    "dir": _folder,
    "newdir": stem,
    "newname": _file,
    "link": stem,
    "archive": _archive,
    "word": _word,
    "single": _single,
    "message": _message,
    "branch": _branch,
    "url": _url,
    "var": _variable,
    "program": _program,
    "theme": _theme,
    "n": _number(2, 300),
    "days": _number(1, 90),
    "size": _number(1, 900),
    "lo": _number(2, 60),
    "hi": _number(61, 300),
    "col": _number(1, 24),
    "pid": _number(300, 60000),
    "port": _number(1024, 9999),
    "func": _identifier(FUNCTIONS),
    "name": _identifier(NAMES),
    "cls": _class_name,
    "num": _number(2, 200),
    "key": _identifier(KEYS),
}
CLOSED: Mapping[str, tuple[str, ...]] = {
    "ext": EXTENSIONS,
    "mode": MODES,
    "letter": tuple(LETTERS),
    "sep": (",", ";", ":", "-", "/", "|", "+", "_", "*", "#", "=", "."),
}


def draw(rng: random.Random, slot: str, held: bool, difficulty: float) -> str:
    """One value of a slot; the kind is the slot's name without its trailing digit."""
    kind = slot.rstrip("0123456789")
    if kind in CLOSED:
        return pick(rng, CLOSED[kind], held)
    make = OPEN[kind]
    while True:
        value = make(rng, difficulty)
        if value not in RESERVED and held_out(value) == held:
            return value


def draw_all(rng: random.Random, slots: Iterable[str], held: bool, difficulty: float) -> dict[str, str]:
    """Distinct values for all slots of a question."""
    values: dict[str, str] = {}
    for slot in slots:
        value = draw(rng, slot, held, difficulty)
        while value in values.values():
            value = draw(rng, slot, held, difficulty)
        values[slot] = value
    return values


def quoted(rng: random.Random, slot: str, value: str) -> str:
    """The value as a user would write it: texts mostly in quotes, names now and then."""
    kind = slot.rstrip("0123456789")
    if kind in ("sep", "letter"):
        share = 1.0
    elif kind in ("word", "message"):
        share = 1.0 if " " in value else 0.6
    elif kind in ("file", "dir", "newdir", "newname", "archive", "link", "branch", "single"):
        share = 0.1
    else:
        return value
    if rng.random() >= share:
        return value
    mark = rng.choice(('"', '"', "'", "`"))
    return f"{mark}{value}{mark}"
