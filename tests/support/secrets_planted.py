"""Planted secrets: made at test time from alphabets, each in a sentence, a file or a command as people paste them.

Knows nothing of how they are found. No secret stands in this file: what a service's scanner would flag is put together
from a prefix and random characters when the generator runs. Check digits (cards, IBAN, CPF, CNPJ) are computed here by
their own definitions, apart from the code that is tested.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM = string.ascii_letters + DIGITS
BASE64 = ALNUM + "+/"
URLSAFE = ALNUM + "-_"
HEX = DIGITS + "abcdef"
BASE32 = UPPER + "234567"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
WORDS = (
    *("amber", "brisa", "cobalt", "dracena", "ember", "fagulha", "granite", "hortela", "indigo", "jangada", "kestrel"),
    *("lagarto", "marble", "neblina", "onyx", "pardal", "quartz", "raposa", "saffron", "trovador", "umbral", "violeta"),
)
HOSTS = ("db.internal", "10.1.2.3", "cache-1.example.org", "mail.empresa.com.br", "registry.example.net")

Draw = random.Random


@dataclass(frozen=True)
class Planted:
    """``text`` as it would be stored, and the part of it that may not be."""

    kind: str
    text: str
    secret: str


def planted(per_kind: int = 10, seed: int = 1) -> list[Planted]:
    """``per_kind`` secrets of every kind; the same for the same seed."""
    draw = Draw(seed)
    return [one for kind, make in KINDS.items() for one in _several(kind, make, per_kind, draw)]


def _several(kind: str, make: Maker, count: int, draw: Draw) -> Iterator[Planted]:
    for _ in range(count):
        text, secret = make(draw)
        assert secret in text
        yield Planted(kind, text, secret)


def chars(draw: Draw, alphabet: str, count: int) -> str:
    return "".join(draw.choices(alphabet, k=count))


def mixed(draw: Draw, alphabet: str, count: int) -> str:
    """Like ``chars``, with a letter and a digit for certain."""
    while True:
        made = chars(draw, alphabet, count)
        if any(each.isdigit() for each in made) and any(each.isalpha() for each in made):
            return made


def password(draw: Draw) -> str:
    """As people choose them: random, a word and a number, words with marks."""
    style = draw.randrange(4)
    if style == 0:
        return mixed(draw, ALNUM, draw.randint(10, 16)) + draw.choice("!@#%*?")
    if style == 1:
        return draw.choice(WORDS).capitalize() + chars(draw, DIGITS, draw.randint(2, 4))
    if style == 2:
        return f"{draw.choice(WORDS)}-{draw.choice(WORDS)}-{draw.randint(10, 99)}"
    return f"{draw.choice(WORDS)}{draw.choice('_.$!')}{draw.choice(WORDS).upper()}{draw.randint(1, 999)}"


def plain_password(draw: Draw) -> str:
    """Fit for a URL."""
    return mixed(draw, ALNUM + "-_.", draw.randint(9, 15)).strip("-_.") + "x7"


def said(draw: Draw, secret: str) -> str:
    """A bare secret in what people write around it."""
    frame = draw.choice(
        (
            "Why does {} not work in the pipeline?",
            "Use this one: {}",
            "export THING={}",
            "o meu é {}, por que falha?",
            'client = Client("{}")',
            "curl -H 'X-Thing: {}' https://api.example.org/v1/me",
            '{{"value": "{}", "n": 3}}',
            "2026-01-04 12:00:01 ERROR rejected {} from 10.0.0.4\n2026-01-04 12:00:02 INFO retry",
            "{}",
        )
    )
    return frame.format(secret)


Maker = Callable[[Draw], tuple[str, str]]


def bare(make: Callable[[Draw], str]) -> Maker:
    """A secret that is known by its own shape."""

    def made(draw: Draw) -> tuple[str, str]:
        secret = make(draw)
        return said(draw, secret), secret

    return made


def framed(make: Callable[[Draw], str], *frames: str) -> Maker:
    """A secret that is known by what stands before it."""

    def made(draw: Draw) -> tuple[str, str]:
        secret = make(draw)
        return draw.choice(frames).replace("@@", secret), secret

    return made


# --- shapes ----------------------------------------------------------------------------------------------------------


def github(draw: Draw) -> str:
    if draw.random() < 0.3:
        return f"github_pat_{chars(draw, ALNUM, 22)}_{chars(draw, ALNUM, 59)}"
    return f"gh{draw.choice('pousr')}_{chars(draw, ALNUM, 36)}"


def openai(draw: Draw) -> str:
    middle = "T3Blbk" + "FJ"
    kind = draw.choice(("", "proj-", "svcacct-"))
    return f"sk-{kind}{chars(draw, ALNUM, 20)}{middle}{chars(draw, ALNUM, 20)}"


def segment(value: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(draw: Draw) -> str:
    head = segment({"alg": draw.choice(("HS256", "RS256")), "typ": "JWT"})
    body = segment({"sub": chars(draw, DIGITS, 10), "name": draw.choice(WORDS), "iat": draw.randint(10**9, 2 * 10**9)})
    return f"{head}.{body}.{chars(draw, URLSAFE, 43)}"


def key_block(draw: Draw) -> str:
    kind = draw.choice(("RSA PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE", "PRIVATE", "ENCRYPTED PRIVATE"))
    dashes = "-" * 5
    body = "\n".join(chars(draw, BASE64, 64) for _ in range(draw.randint(3, 20)))
    return f"{dashes}BEGIN {kind} KEY{dashes}\n{body}\n{chars(draw, BASE64, 30)}==\n{dashes}END {kind} KEY{dashes}"


def private_key(draw: Draw) -> tuple[str, str]:
    block = key_block(draw)
    style = draw.randrange(3)
    if style == 0:
        return f"is this key fine?\n{block}\nthanks", block.splitlines()[2]
    if style == 1:  # one line, as in a JSON file of a cloud account
        return json.dumps({"type": "service_account", "private_key": block}), block.splitlines()[2]
    cut = block.splitlines()
    return "\n".join(cut[:-1]), cut[2]  # its end was not pasted


def card(draw: Draw) -> str:
    prefix, length = draw.choice(
        (("4", 16), ("51", 16), ("5500", 16), ("2223", 16), ("34", 15), ("37", 15), ("6011", 16))
    )
    body = prefix + chars(draw, DIGITS, length - len(prefix) - 1)
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(body))]
    number = body + str(-sum(value // 10 + value % 10 for value in doubled) % 10)
    mark = draw.choice(("", " ", "-"))
    sizes = (4, 6, 5) if length == 15 else (4, 4, 4, 4)
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    return mark.join(number[start : start + size] for start, size in zip(starts, sizes, strict=True))


def iban(draw: Draw) -> str:
    country, body = draw.choice(
        (
            ("DE", chars(draw, DIGITS, 18)),
            ("PT", chars(draw, DIGITS, 21)),
            ("GB", chars(draw, UPPER, 4) + chars(draw, DIGITS, 14)),
            ("BR", chars(draw, DIGITS, 23) + draw.choice(UPPER) + draw.choice(DIGITS)),
            ("NL", chars(draw, UPPER, 4) + chars(draw, DIGITS, 10)),
        )
    )
    number = int("".join(str(int(each, 36)) for each in body + country + "00"))
    whole = f"{country}{98 - number % 97:02d}{body}"
    if draw.random() < 0.5:
        return whole
    return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _mod11(digits: str, weights: list[int]) -> str:
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return str(0 if rest < 2 else 11 - rest)


def cpf(draw: Draw) -> str:
    digits = chars(draw, DIGITS, 8) + draw.choice("123456789")
    digits += _mod11(digits, list(range(10, 1, -1)))
    digits += _mod11(digits, list(range(11, 1, -1)))
    return f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"


def cnpj(draw: Draw) -> str:
    weights = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]
    digits = chars(draw, DIGITS, 8) + "0001"
    digits += _mod11(digits, weights)
    digits += _mod11(digits, [6, *weights])
    return f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}/{digits[8:12]}-{digits[12:]}"


def connection(draw: Draw) -> tuple[str, str]:
    secret, host = plain_password(draw), draw.choice(HOSTS)
    scheme = draw.choice(("postgres", "postgresql", "mysql", "mongodb+srv", "amqp", "redis", "postgresql+psycopg2"))
    user = "" if scheme == "redis" else draw.choice(("app", "root", "admin"))
    url = f"{scheme}://{user}:{secret}@{host}/{draw.choice(WORDS)}"
    windows = f"Server={host};Database=shop;User Id=sa;Password={secret};Encrypt=true"
    return draw.choice(
        (f"DATABASE_URL={url}", f'engine = create_engine("{url}")', f"connect to {url} please", windows)
    ), secret


def basic(draw: Draw) -> str:
    return base64.b64encode(f"{draw.choice(WORDS)}:{plain_password(draw)}".encode()).decode()


def command(draw: Draw) -> tuple[str, str]:
    secret = plain_password(draw)
    frames = (
        "mysqldump -u root --password=@@ shop > shop.sql",
        "docker login -u ana --password @@ registry.example.net",
        "curl -u ana:@@ https://api.example.org/v1/me",
        "sshpass -p '@@' ssh root@10.0.0.4",
        "tool login --api-key @@ --verbose",
        "curl --user 'ana:@@' -O https://files.example.org/a.zip",
        "mysql -u root -p@@ shop",
        "gh-like auth --token=@@",
    )
    return draw.choice(frames).replace("@@", secret), secret


def netrc(draw: Draw) -> tuple[str, str]:
    secret = password(draw)
    mark = draw.choice((" ", "\n  "))
    return f"machine {draw.choice(HOSTS)}{mark}login ana{mark}password {secret}\n", secret


def json_file(draw: Draw) -> tuple[str, str]:
    secret = password(draw)
    name = draw.choice(("password", "db_password", "clientSecret", "passphrase", "senha", "secretKey", "smtpPassword"))
    value = {"host": draw.choice(HOSTS), name: secret, "port": 5432}
    return json.dumps(value, indent=draw.choice((None, 2))), secret


# --- the kinds -------------------------------------------------------------------------------------------------------

KINDS: Mapping[str, Maker] = {
    # these five first: chosen before any pattern was written
    "age key": bare(lambda draw: "AGE-SECRET-" + "KEY-1" + chars(draw, BECH32, 58)),
    "vault token": bare(lambda draw: f"hv{draw.choice('sbr')}." + chars(draw, URLSAFE, draw.choice((24, 92)))),
    "one-time password seed": framed(
        lambda draw: chars(draw, BASE32, 32),
        "otpauth://totp/Example:ana@example.org?secret=@@&issuer=Example",
        "otpauth://hotp/Loja?issuer=Loja&secret=@@&counter=1",
    ),
    "netrc": netrc,
    "password in Portuguese prose": framed(
        password,
        "a senha do wifi é @@, anota aí",
        "Minha senha é @@",
        "A senha do servidor é: @@. Como eu troco?",
        "senha: @@",
        "usuário ana, senha @@",
        "troquei minha senha para @@ ontem",
    ),
    # the others
    "password in English prose": framed(
        password,
        "my password is @@ and it fails",
        "The wifi password is @@.",
        "password: @@",
        "user ana, password @@",
        "I changed the passphrase to @@ yesterday",
        "login is ana and the password is: @@",
    ),
    "aws access key": bare(lambda draw: draw.choice(("AKIA", "ASIA")) + chars(draw, BASE32, 16)),
    "aws secret key": framed(
        lambda draw: mixed(draw, BASE64, 40),
        "aws_secret_access_key = @@",
        "AWS_SECRET_ACCESS_KEY=@@",
        '"SecretAccessKey": "@@",',
        "export AWS_SECRET_ACCESS_KEY='@@'",
    ),
    "azure key": framed(
        lambda draw: chars(draw, BASE64, 86) + "==",
        "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=@@;EndpointSuffix=core.windows.net",
        "Endpoint=sb://shop.example.net/;SharedAccessKeyName=Root;SharedAccessKey=@@",
    ),
    "google api key": bare(lambda draw: "AI" + "za" + chars(draw, URLSAFE, 35)),
    "google oauth secret": bare(lambda draw: draw.choice(("GOCS" + "PX-", "ya" + "29.")) + chars(draw, URLSAFE, 28)),
    "github token": bare(github),
    "gitlab token": bare(lambda draw: "gl" + "pat-" + mixed(draw, URLSAFE, 20)),
    "slack token": bare(
        lambda draw: (
            f"xox{draw.choice('bpar')}-{chars(draw, DIGITS, 12)}-{chars(draw, DIGITS, 12)}-{chars(draw, ALNUM, 24)}"
        )
    ),
    "slack webhook": bare(
        lambda draw: (
            "https://hooks.slack.com/"
            + f"services/T{chars(draw, UPPER, 8)}/B{chars(draw, UPPER, 8)}/{chars(draw, ALNUM, 24)}"
        )
    ),
    "discord webhook": bare(
        lambda draw: "https://discord.com/api/" + f"webhooks/{chars(draw, DIGITS, 18)}/{chars(draw, URLSAFE, 68)}"
    ),
    "discord bot token": bare(
        lambda draw: (
            f"{draw.choice('MNO')}{chars(draw, ALNUM, 23)}.{chars(draw, URLSAFE, 6)}.{chars(draw, URLSAFE, 27)}"
        )
    ),
    "telegram bot token": bare(lambda draw: f"{draw.randint(10**8, 10**10 - 1)}:AA{chars(draw, URLSAFE, 33)}"),
    "stripe key": bare(
        lambda draw: (
            f"{draw.choice(('sk', 'rk'))}_{draw.choice(('live', 'test'))}_{chars(draw, ALNUM, draw.choice((24, 99)))}"
        )
    ),
    "openai key": bare(openai),
    "anthropic key": bare(lambda draw: "sk-" + "ant-api03-" + chars(draw, URLSAFE, 93) + "AA"),
    "hugging face token": bare(lambda draw: "h" + "f_" + chars(draw, string.ascii_letters, 34)),
    "npm token": bare(lambda draw: "np" + "m_" + chars(draw, ALNUM, 36)),
    "pypi token": bare(lambda draw: "py" + "pi-AgEIcHlwaS5vcmc" + chars(draw, URLSAFE, 90)),
    "docker token": bare(lambda draw: "dckr_" + "pat_" + chars(draw, URLSAFE, 27)),
    "digitalocean token": bare(lambda draw: f"do{draw.choice('por')}_v1_" + chars(draw, HEX, 64)),
    "sendgrid key": bare(lambda draw: f"SG.{chars(draw, URLSAFE, 22)}.{chars(draw, URLSAFE, 43)}"),
    "twilio key": bare(lambda draw: "S" + "K" + mixed(draw, HEX, 32)),
    "mailgun key": bare(lambda draw: "key-" + mixed(draw, HEX, 32)),
    "shopify token": bare(lambda draw: f"shp{draw.choice(('at', 'ca', 'pa', 'ss'))}_" + chars(draw, HEX, 32)),
    "jwt": bare(jwt),
    "private key": private_key,
    "connection string": connection,
    "url with a password": framed(
        plain_password,
        "git clone https://ana:@@@git.example.org/ana/app.git",
        "http://admin:@@@10.0.0.1:8080/status",
        "pip install --index-url https://ana:@@@packages.example.org/simple app",
        "ftp://ana:@@@files.example.org/a.zip",
    ),
    "token in a url": framed(
        lambda draw: mixed(draw, ALNUM, draw.randint(20, 40)),
        "https://api.example.org/v1/me?access_token=@@&page=2",
        "GET /hook?token=@@ HTTP/1.1",
        "https://maps.example.org/json?q=porto&api_key=@@",
        "https://shop.example.net/a.zip?sig=@@&se=2026",
    ),
    "bearer header": framed(
        lambda draw: mixed(draw, URLSAFE, draw.randint(24, 60)),
        "Authorization: Bearer @@",
        "curl -H 'Authorization: Bearer @@' https://api.example.org",
        'headers = {"Authorization": "Bearer @@"}',
        "authorization: token @@",
    ),
    "basic header": framed(
        basic, "Authorization: Basic @@", "curl -H 'Authorization: Basic @@' https://api.example.org"
    ),
    "cookie": framed(
        lambda draw: mixed(draw, ALNUM, 32),
        "Cookie: theme=dark; sessionid=@@",
        "Set-Cookie: session=@@; Path=/; HttpOnly",
        "cookie: PHPSESSID=@@",
    ),
    "password in the environment": framed(
        password,
        "DB_PASSWORD=@@\nDB_HOST=db",
        "export PGPASSWORD='@@'",
        "ADMIN_PASS=@@",
        'SENHA_DO_BANCO="@@"',
        "APP_SECRET=@@",
    ),
    "password in json": json_file,
    "password in yaml": framed(
        password,
        "db:\n  user: app\n  password: @@\n  port: 5432",
        "smtp_password: '@@'",
        '  clientSecret: "@@"\n',
        "senha: @@\nusuario: ana",
        "secret: @@",
    ),
    "password in code": framed(
        password,
        'password = "@@"',
        "conn(user='ana', passwd='@@')",
        "const dbPassword = '@@';",
        "$senha = '@@';",
        'pwd := "@@"',
    ),
    "password on the command line": command,
    "hex key near a key word": framed(
        lambda draw: mixed(draw, HEX, draw.choice((32, 40, 64))),
        "api_key: @@",
        "ENCRYPTION_KEY=@@",
        "my api key is @@",
        "a chave da API é @@",
        'access_token = "@@"',
        "X-Api-Key: @@",
        "twilio auth token @@",
    ),
    "base64 key near a key word": framed(
        lambda draw: mixed(draw, BASE64, 43) + "=",
        "SECRET_KEY = '@@'",
        "signing key: @@",
        '"privateKey": "@@"',
        "chave secreta: @@",
        "app token: @@",
        "client_secret=@@",
    ),
    "credit card": framed(card, "pay with @@ please", "meu cartão é @@", "card @@ 12/28", '{"number": "@@"}', "@@"),
    "iban": framed(iban, "send it to @@", "IBAN: @@", "transfira para @@ hoje", "@@"),
    "cpf": framed(cpf, "meu CPF é @@", "cpf: @@", '{"cpf": "@@"}', "Ana, @@, Lisboa"),
    "cnpj": framed(cnpj, "CNPJ @@", "a empresa @@ pagou", '"cnpj": "@@"'),
}
