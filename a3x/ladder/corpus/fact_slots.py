"""Random values and subjects that the facts of the seed corpus are filled with, in English and Brazilian Portuguese.

Open kinds (random names, digits, commands) are cut by ``held_out`` so that some values are never trained on; closed
kinds (week days, colours) have too few members for that and are left out of the ``slots`` split by ``facts``. Knows
nothing of relations, sentences or questions.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from a3x.ladder.corpus.example import held_out

Lang = Literal["en", "pt"]
Value = Callable[[random.Random, Lang], str]

_ONSETS = (
    *tuple(["b", "c", "d", "f", "g", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"]),
    "br",
    "tr",
    "kl",
    "pr",
    "dr",
    "gl",
    "st",
    "ch",
    "fl",
)
_VOWELS = tuple("aaaeeeiioou")
_CODAS = ("", "", "", "n", "r", "l", "s", "m", "x", "k")
NAMES = {
    "en": tuple(
        [
            "Marta",
            "Alice",
            "Ben",
            "Clara",
            "David",
            "Emma",
            "Frank",
            "Grace",
            "Henry",
            "Ivy",
            "Jack",
            "Kate",
            "Liam",
            "Mia",
            "Noah",
            "Olivia",
            "Rose",
            "Sam",
            "Tina",
            "Victor",
            "Wendy",
            "Anna",
            "Leo",
            "Nina",
            "Oscar",
            "Peter",
            "Ruth",
            "Sofia",
            "Tom",
            "Zoe",
            "George",
            "Helen",
            "Paul",
            "Diana",
            "Eric",
            "Laura",
            "Martin",
            "Julia",
        ]
    ),
    "pt": tuple(
        [
            "Marta",
            "Ana",
            "João",
            "Maria",
            "Pedro",
            "Lúcia",
            "Rafael",
            "Beatriz",
            "Carlos",
            "Fernanda",
            "Tiago",
            "Júlia",
            "Paulo",
            "Camila",
            "Bruno",
            "Letícia",
            "André",
            "Helena",
            "Mateus",
            "Sônia",
            "Antônio",
            "Clara",
            "Vítor",
            "Renata",
            "Caio",
            "Luíza",
            "Otávio",
            "Lívia",
            "Davi",
            "Cecília",
            "Raul",
            "Inês",
            "Rosa",
            "Hugo",
            "Teresa",
            "Sérgio",
            "Débora",
            "Murilo",
            "Olga",
        ]
    ),
}
COLOURS = {
    "en": tuple(
        [
            "red",
            "blue",
            "green",
            "yellow",
            "black",
            "white",
            "grey",
            "orange",
            "purple",
            "brown",
            "pink",
            "teal",
            "gold",
            "silver",
            "beige",
            "violet",
        ]
    ),
    "pt": tuple(
        [
            "vermelho",
            "azul",
            "verde",
            "amarelo",
            "preto",
            "branco",
            "cinza",
            "laranja",
            "roxo",
            "marrom",
            "rosa",
            "dourado",
            "bege",
            "violeta",
        ]
    ),
}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
}
_MONTHS = {
    "en": tuple(
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ]
    ),
    "pt": tuple(
        [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ]
    ),
}
_CHOICES: dict[str, dict[Lang, tuple[str, ...]]] = {
    "drink": {
        "en": (
            "coffee",
            "green tea",
            "water",
            "orange juice",
            "mint tea",
            "lemonade",
            "hot chocolate",
            "milk",
            "cider",
        ),
        "pt": (
            "café",
            "chá verde",
            "água",
            "suco de laranja",
            "chá de hortelã",
            "limonada",
            "guaraná",
            "leite",
            "mate",
        ),
    },
    "food": {
        "en": ("pizza", "rice", "soup", "pasta", "salad", "curry", "pancakes", "fish", "bread", "apple pie", "beans"),
        "pt": (
            "pizza",
            "arroz",
            "sopa",
            "macarrão",
            "salada",
            "feijoada",
            "tapioca",
            "peixe",
            "pão",
            "torta",
            "feijão",
        ),
    },
    "editor": dict.fromkeys(("en", "pt"), ("vim", "emacs", "nano", "VS Code", "helix", "kate", "micro", "Zed")),
    "coding": dict.fromkeys(
        ("en", "pt"), ("Python", "Rust", "Go", "C", "Java", "Lua", "Ruby", "Haskell", "Elixir", "Kotlin")
    ),
    "browser": dict.fromkeys(("en", "pt"), ("Firefox", "Chrome", "Opera", "Vivaldi", "Brave", "Safari")),
    "shell": dict.fromkeys(("en", "pt"), ("bash", "zsh", "fish", "dash", "ksh")),
    "theme": {
        "en": ("dark", "light", "high contrast", "sepia", "solarized", "grey"),
        "pt": ("escuro", "claro", "alto contraste", "sépia", "solarizado", "cinza"),
    },
    "indent": {
        "en": ("tabs", "two spaces", "four spaces", "eight spaces", "2 spaces", "4 spaces"),
        "pt": ("tabs", "dois espaços", "quatro espaços", "oito espaços", "2 espaços", "4 espaços"),
    },
    "clock": {
        "en": ("24 hours", "12 hours", "24h", "12h", "AM/PM", "HH:MM"),
        "pt": ("24 horas", "12 horas", "24h", "12h", "AM/PM", "HH:MM"),
    },
    "tongue": {
        "en": ("English", "Portuguese", "Spanish", "French", "German", "Italian", "Japanese"),
        "pt": ("inglês", "português", "espanhol", "francês", "alemão", "italiano", "japonês"),
    },
    "job": {
        "en": ("nurse", "teacher", "baker", "lawyer", "driver", "painter", "engineer", "cook", "gardener", "pilot"),
        "pt": ("dentista", "motorista", "jornalista", "pianista", "gerente", "recepcionista", "artista", "agente"),
    },
    "ingredient": {
        "en": ("garlic", "pumpkin", "lemon", "ginger", "coconut", "onion", "basil", "corn", "honey", "mushroom"),
        "pt": ("alho", "abóbora", "limão", "gengibre", "coco", "cebola", "manjericão", "milho", "mel", "cogumelo"),
    },
    "spot": {
        "en": ("kitchen", "attic", "garage", "cellar", "top drawer", "hall", "garden", "office", "green box", "car"),
        "pt": ("cozinha", "sótão", "garagem", "porão", "gaveta", "corredor", "jardim", "escritório", "caixa verde"),
    },
}
_PROGRAMS = tuple(
    [
        "make",
        "npm run",
        "git push origin",
        "docker restart",
        "python",
        "cargo run --bin",
        "bash",
        "kubectl get",
        "ssh",
        "systemctl restart",
        "cat",
        "ls",
        "rm -r",
        "tar -xf",
        "./run",
        "go test",
        "pytest -k",
        "git checkout",
        "git merge",
        "du -sh",
        "cp -r",
        "poetry run",
        "just",
        "rsync -a",
        "tail -f",
    ]
)
_FLAGS = tuple(
    [
        "--fast",
        "--all",
        "-v",
        "-q",
        "--force",
        "-n",
        "--dry-run",
        "--yes",
        "--clean",
        "--debug",
        "-x",
        "--watch",
        "--no-cache",
        "-j4",
    ]
)
_ENDINGS = ("", "", "", ".py", ".sh", ".log", ".txt", "-prod", "-test")
_ROOTS = ("/srv", "/home", "/data", "/opt", "/var/log", "/mnt", "~", "/tmp", "D:/files", "/usr/share")
_KEYS = ("Ctrl+", "Alt+", "Ctrl+Shift+", "Super+", "Ctrl+Alt+", "Shift+F")
_VERBS = {
    "en": tuple(
        [
            "ship",
            "check",
            "clean",
            "open",
            "close",
            "push",
            "pull",
            "wake",
            "feed",
            "show",
            "hide",
            "shake",
            "boil",
            "pack",
            "start",
            "stop",
            "paint",
            "fix",
        ]
    ),
    "pt": tuple(
        [
            "manda",
            "limpa",
            "abre",
            "fecha",
            "puxa",
            "acorda",
            "mostra",
            "esconde",
            "sacode",
            "ferve",
            "prepara",
            "começa",
            "para",
            "pinta",
            "arruma",
        ]
    ),
}
_OBJECTS = {
    "en": tuple(
        [
            "it",
            "the logs",
            "everything",
            "the house",
            "the beans",
            "my stuff",
            "now",
            "the kettle",
            "the numbers",
            "the nest",
            "home",
        ]
    ),
    "pt": tuple(
        [
            "tudo",
            "os logs",
            "a casa",
            "o feijão",
            "minhas coisas",
            "agora",
            "a chaleira",
            "os números",
            "o ninho",
            "aí",
            "a base",
        ]
    ),
}


def word(rng: random.Random, syllables: int = 0) -> str:
    """A random pronounceable lower-case word of two or three syllables."""
    count = syllables or (2 if rng.random() < 0.7 else 3)
    choice = rng.choice
    return "".join(choice(_ONSETS) + choice(_VOWELS) for _ in range(count)) + choice(_CODAS)


def fresh(rng: random.Random, held: bool, make: Callable[[], str]) -> str:
    """Draw from an open set until the draw lies on the wanted side of the held-out cut."""
    while True:
        value = make()
        if held_out(value) == held:
            return value


def name(rng: random.Random, held: bool = False) -> str:
    """A random capitalised name."""
    return fresh(rng, held, lambda: word(rng).capitalize())


def given_name(rng: random.Random, lang: Lang, held: bool) -> str:
    """A person's name: common or random while training, always random where values are held out."""
    if not held and rng.random() < 0.4:
        return rng.choice(NAMES[lang])
    return name(rng, held)


def _digits(rng: random.Random, low: int, high: int) -> str:
    size = rng.randint(low, high)
    return str(rng.randrange(10 ** (size - 1), 10**size))


def _money(rng: random.Random, lang: Lang) -> str:
    amount = f"{rng.randint(2, 999)}.{rng.randint(0, 99):02d}" if rng.random() < 0.4 else str(rng.randint(2, 4999))
    return f"${amount}" if lang == "en" else "R$ " + amount.replace(".", ",")


def _date(rng: random.Random, lang: Lang) -> str:
    day, month = rng.randint(1, 28), rng.randrange(12)
    shape = rng.randrange(3)
    if shape == 0:
        return f"{rng.randint(2020, 2039)}-{month + 1:02d}-{day:02d}"
    if lang == "pt":
        return f"{day} de {_MONTHS[lang][month]}" if shape == 1 else f"{day:02d}/{month + 1:02d}"
    return f"{day} {_MONTHS[lang][month]}" if shape == 1 else f"{_MONTHS[lang][month]} {day}"


def _command(rng: random.Random, _: Lang) -> str:
    parts = [rng.choice(_PROGRAMS), word(rng) + rng.choice(_ENDINGS)]
    if rng.random() < 0.4:
        parts.append(rng.choice(_FLAGS))
    if rng.random() < 0.15:
        parts.append(word(rng))
    return " ".join(parts)


def _path(rng: random.Random, _: Lang) -> str:
    return "/".join([rng.choice(_ROOTS)] + [word(rng) for _ in range(rng.randint(1, 2))])


def _plate(rng: random.Random, _: Lang) -> str:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVXZ") for _ in range(3))
    return f"{letters}{rng.choice(('-', ' ', ''))}{rng.randint(1000, 9999)}"


def _token(rng: random.Random, _: Lang) -> str:
    return f"{word(rng)}{rng.choice(('-', '_', '', '.'))}{rng.randint(10, 9999)}"


def _nickname(rng: random.Random, lang: Lang) -> str:
    shape = rng.random()
    if shape < 0.45:
        return f"{rng.choice(_VERBS[lang])} {rng.choice(_OBJECTS[lang])}"
    if shape < 0.6:
        return f"{rng.choice(_VERBS[lang])} {word(rng)}"
    return word(rng) if shape < 0.85 else f"{word(rng)} {word(rng)}"


_OPEN: dict[str, Value] = {
    "code": lambda rng, _: _digits(rng, 2, 6),
    "pin": lambda rng, _: _digits(rng, 4, 6),
    "port": lambda rng, _: str(rng.randint(1024, 65535)),
    "number": lambda rng, _: _digits(rng, 2, 4),
    "phone": lambda rng, _: f"{rng.randint(100, 9999)}-{rng.randint(1000, 9999)}",
    "size": lambda rng, _: str(rng.randint(10, 99)),
    "name": lambda rng, _: word(rng).capitalize(),
    "word": lambda rng, _: word(rng),
    "words": lambda rng, _: f"{word(rng)} {word(rng)}",
    "full_name": lambda rng, _: f"{word(rng).capitalize()} {word(rng).capitalize()}",
    "command": _command,
    "path": _path,
    "plate": _plate,
    "token": _token,
    "ip": lambda rng, _: f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
    "version": lambda rng, _: f"{rng.randint(0, 19)}.{rng.randint(0, 40)}.{rng.randint(0, 9)}",
    "serial": lambda rng, _: (
        f"{rng.choice('ABCDEFGHKLMNPRSTXZ')}{rng.choice('ABCDEFGHKLMNPRSTXZ')}{_digits(rng, 3, 5)}"
    ),
    "money": _money,
    "date": _date,
    "time": lambda rng, _: f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}",
    "minutes": lambda rng, lang: f"{rng.randint(2, 240)} {'minutes' if lang == 'en' else 'minutos'}",
    "weight": lambda rng, _: f"{rng.randint(2, 950)} {rng.choice(('kg', 'g'))}",
    "nickname": _nickname,
    "letters": lambda rng, _: "".join(rng.choice("ABCDEFGHKLMNPRSTVXZ") for _ in range(rng.randint(2, 4))),
}
_CLOSED: dict[str, Value] = {
    "colour": lambda rng, lang: rng.choice(COLOURS[lang]),
    "day": lambda rng, lang: rng.choice(_DAYS[lang]),
    "keys": lambda rng, _: (
        (chord := rng.choice(_KEYS)) + (str(rng.randint(1, 12)) if chord[-1] == "F" else word(rng)[0].upper())
    ),
} | {
    kind: (lambda rng, lang, k=kind: rng.choice(_CHOICES[k][lang]))
    for kind in ("theme", "indent", "clock", "tongue", "job", "spot")
}
_MIXED = ("drink", "food", "editor", "coding", "browser", "shell", "ingredient")
"""Kinds that take a known word half of the time and an invented one otherwise; invented only when held out."""

OPEN_KINDS = frozenset(_OPEN) | frozenset(_MIXED) | {"person"}
"""Value kinds that have held-out members."""


def value(rng: random.Random, kind: str, lang: Lang, held: bool) -> str:
    """Draw a value; ``held`` asks for one that training never shows (open kinds only, else ``KeyError``)."""
    if kind == "person":
        return given_name(rng, lang, held)
    if kind in _MIXED:
        if not held and rng.random() < 0.5:
            return rng.choice(_CHOICES[kind][lang])
        return name(rng, held) if kind in ("editor", "coding", "browser") else fresh(rng, held, lambda: word(rng))
    if not held and kind in _CLOSED:
        return _CLOSED[kind](rng, lang)
    make = _OPEN[kind]
    return fresh(rng, held, lambda: make(rng, lang))


@dataclass(frozen=True)
class Subject:
    """Who or what a fact is about. ``text`` as the user says it; an empty text is the user."""

    kind: str
    text: str
    quoted: bool = False

    @property
    def mine(self) -> bool:
        """Whether the subject is the user in person."""
        return not self.text


ME = Subject("me", "")
_RELATIVES = {
    "en": tuple(
        [
            "sister",
            "brother",
            "mother",
            "father",
            "aunt",
            "uncle",
            "cousin",
            "boss",
            "neighbour",
            "flatmate",
            "friend",
            "daughter",
            "son",
        ]
    ),
    "pt": tuple(
        [
            "a irmã",
            "o irmão",
            "a mãe",
            "o pai",
            "a tia",
            "o tio",
            "a prima",
            "o chefe",
            "a vizinha",
            "o amigo",
            "a filha",
            "o filho",
        ]
    ),
}
_THINGS: dict[str, dict[Lang, tuple[str, ...]]] = {
    "lock": {
        "en": tuple(
            [
                "locker",
                "door",
                "safe",
                "gate",
                "box",
                "drawer",
                "suitcase",
                "cabinet",
                "garage",
                "shed",
                "padlock",
                "chest",
            ]
        ),
        "pt": tuple(
            [
                "o armário",
                "a porta",
                "o cofre",
                "o portão",
                "a caixa",
                "a gaveta",
                "a mala",
                "a garagem",
                "o cadeado",
                "o baú",
            ]
        ),
    },
    "device": {
        "en": tuple(
            ["server", "printer", "laptop", "router", "phone", "camera", "tablet", "sensor", "robot", "screen", "alarm"]
        ),
        "pt": tuple(
            [
                "o servidor",
                "a impressora",
                "o notebook",
                "o roteador",
                "o celular",
                "a câmera",
                "o tablet",
                "o sensor",
                "o robô",
                "o alarme",
            ]
        ),
    },
    "project": {
        "en": tuple(["project", "app", "site", "module", "game", "service", "report"]),
        "pt": tuple(["o projeto", "o aplicativo", "o site", "o módulo", "o jogo", "o serviço", "o relatório"]),
    },
    "team": {
        "en": tuple(["team", "group", "club", "crew", "choir", "class"]),
        "pt": tuple(["a equipe", "o grupo", "o clube", "a turma", "o coral", "o time"]),
    },
    "pet": {
        "en": tuple(["cat", "dog", "parrot", "rabbit", "hamster", "turtle", "horse", "goat"]),
        "pt": tuple(
            ["o gato", "o cachorro", "o papagaio", "a coelha", "o hamster", "a tartaruga", "o cavalo", "a cabra"]
        ),
    },
    "object": {
        "en": tuple(
            [
                "chair",
                "bike",
                "lamp",
                "jacket",
                "mug",
                "sofa",
                "umbrella",
                "backpack",
                "wallet",
                "notebook",
                "guitar",
                "kettle",
            ]
        ),
        "pt": tuple(
            [
                "a cadeira",
                "a bicicleta",
                "a lâmpada",
                "a jaqueta",
                "a caneca",
                "o sofá",
                "o guarda-chuva",
                "a mochila",
                "a carteira",
            ]
        ),
    },
    "car": {
        "en": tuple(["car", "van", "truck", "motorbike", "taxi", "bus"]),
        "pt": tuple(["o carro", "a van", "o caminhão", "a moto", "o táxi", "o ônibus"]),
    },
    "room": {
        "en": tuple(["room", "hall", "office", "flat", "house", "lab", "classroom"]),
        "pt": tuple(["a sala", "o salão", "o escritório", "o apartamento", "a casa", "o laboratório"]),
    },
    "dish": {
        "en": tuple(["soup", "cake", "stew", "salad", "pie", "sauce", "bread"]),
        "pt": tuple(["a sopa", "o bolo", "o ensopado", "a salada", "a torta", "o molho", "o pão"]),
    },
    "event": {
        "en": tuple(["party", "wedding", "course", "trip", "concert", "exam", "match"]),
        "pt": tuple(["a festa", "o casamento", "o curso", "a viagem", "o concerto", "a prova", "o jogo"]),
    },
    "shop": {
        "en": tuple(["shop", "bakery", "pharmacy", "bookshop", "market", "museum", "gym", "library"]),
        "pt": tuple(
            ["a loja", "a padaria", "a farmácia", "a livraria", "o mercado", "o museu", "a academia", "a biblioteca"]
        ),
    },
}
_ADJECTIVES = {
    "en": (*COLOURS["en"][:10], "old", "new", "big", "small", "wooden"),
    "pt": (*COLOURS["pt"][:10], "velho", "novo", "grande", "pequeno", "antigo"),
}
_QUOTED = {"nick": "nickname", "abbreviation": "letters", "codeword": "word"}
_PLAIN = ("project", "team", "dish", "event", "shop", "room")


def subject(rng: random.Random, kind: str, lang: Lang, held: bool) -> Subject:
    """Draw a subject of the given kind; with ``held``, one that contains a held-out name."""
    if kind == "me":
        return ME
    if kind in _QUOTED:
        return Subject(kind, value(rng, _QUOTED[kind], lang, held), quoted=True)
    if kind == "person":
        return Subject(kind, _person(rng, lang, held))
    return Subject(kind, _thing(rng, kind, lang, held))


def _person(rng: random.Random, lang: Lang, held: bool) -> str:
    who = given_name(rng, lang, held)
    if held or (shape := rng.random()) < 0.75:
        return who
    relative = rng.choice(_RELATIVES[lang])
    if lang == "en":
        return f"my {relative}" if shape < 0.88 else f"{who}'s {relative}"
    return _own(relative) if shape < 0.88 else f"{relative} de {who}"


def _own(noun: str) -> str:
    article, rest = noun.split(" ", 1)
    return ("meu " if article == "o" else "minha ") + rest


def _thing(rng: random.Random, kind: str, lang: Lang, held: bool) -> str:
    noun = rng.choice(_THINGS[kind][lang])
    shape = rng.random() * (0.55 if held else 1.0)
    if shape < 0.25:
        owner = given_name(rng, lang, held)
        return f"{owner}'s {noun}" if lang == "en" else f"{noun} de {owner}"
    if shape < 0.55 or (kind in _PLAIN and shape < 0.8):
        label = name(rng, held)
        return f"the {label} {noun}" if lang == "en" else f"{noun} {label}"
    if shape < 0.85:
        return _described(rng, noun, lang)
    return f"my {noun}" if lang == "en" else _own(noun)


def _described(rng: random.Random, noun: str, lang: Lang) -> str:
    adjective = rng.choice(_ADJECTIVES[lang])
    if lang == "en":
        return f"the {adjective} {noun}"
    if noun[0] == "a" and adjective[-1] == "o":
        adjective = adjective[:-1] + "a"
    return f"{noun} {adjective}"
