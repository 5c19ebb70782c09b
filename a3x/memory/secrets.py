"""How secrets look: one rule a kind, with the literals without which its pattern need not be tried. Replaces nothing.

Three sorts: tokens known by their own shape, numbers known by their check digits, and values known by the word before
them. A rule's pattern is bounded or starts at a boundary, so that no text takes more than a few milliseconds a page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import log2

Span = tuple[int, int, str]
"""Start and end of a secret in a text, and its kind."""
Check = Callable[[re.Match[str]], bool]

PLACEHOLDER = "[redacted: "
SHORTEST = 8
"""Characters of the shortest text that any rule finds something in: "://:ab@c"."""
SHORTEST_TOKEN = 20
"""Characters of the shortest token that is known by its shape alone; only words as long are searched for their marks."""

# Two first looks at a text's UTF-8, many times quicker than its words or a pattern; they may see more than there is.
_LONG_WORD = b"x" * SHORTEST_TOKEN
_WORDS_AS_X = bytes(ord(" ") if byte < 128 and chr(byte).isspace() else ord("x") for byte in range(256))
_TWO_DIGITS = b"00"
"""Every number that is known by its check digits has them somewhere."""
_DIGITS_AS_0 = bytes(
    ord("0") if chr(byte) in "0123456789" or 0x80 <= byte < 0xC2 or byte > 0xC3 else ord("x") for byte in range(256)
)
"""Digits of other scripts are of bytes from 0xC4 on, accented Latin letters of 0xC2 or 0xC3 and one other."""


@dataclass(frozen=True)
class Rule:
    """``needles``: lower-case literals, one of which a text must hold. The secret is group ``s``, or the whole match.

    ``folded`` patterns read the text in lower case; ``check`` has the last word.
    """

    kind: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Check | None = None
    folded: bool = False


def find(text: str) -> list[Span]:
    """Every secret in the text, by position; they may overlap."""
    if len(text) < SHORTEST or (len(text) < SHORTEST_TOKEN and text.replace("_", "").isalpha()):
        return []  # most names of fields among them
    folded = text.replace("İ", "I").lower()  # the one character that grows when it is lowered
    data = folded.encode("utf-8", "surrogatepass")
    seen: set[str] = set()
    if _LONG_WORD in data.translate(_WORDS_AS_X):
        long = " ".join([word for word in folded.split() if len(word) >= SHORTEST_TOKEN])
        seen = {needle for needle in _SHAPE_NEEDLES if needle in long}
    for root, needles in _AROUND_NEEDLES.items():
        if root in folded:
            seen.update([needle for needle in needles if needle in folded])
    found: list[Span] = []
    if seen:
        for rule in RULES:
            if not seen.isdisjoint(rule.needles):
                found += _spans(rule, folded if rule.folded else text, text)
    if _TWO_DIGITS in data.translate(_DIGITS_AS_0):
        found += _numbers(text, folded)
    return sorted(found)


def tells(name: str) -> bool:
    """Whether a name, "password" or "cpf", may make a secret of a value that is none by itself."""
    folded = name.lower()
    return any(root in folded for root in (*_AROUND_NEEDLES, *_NUMBERED))


def _spans(rule: Rule, read: str, text: str) -> Iterator[Span]:
    group = "s" if "s" in rule.pattern.groupindex else 0
    for match in rule.pattern.finditer(read):
        start, end = match.span(group)
        if PLACEHOLDER not in text[start:end] and (rule.check is None or rule.check(match)):
            yield start, end, rule.kind


# --- what a value looks like -----------------------------------------------------------------------------------------

_VARIABLE = re.compile(r"[$%@]\(?\{?[\w.:-]*\}?\)?%?$|\$[({]|\{.*\}?$|<[^>]*>?$|[\w.]+\[|[\w.]*\($|&?[\w.>-]*\w\(.*")
_DUMMY = re.compile(
    r"[x*.•_#0-]+$|(?:(?:your|my|the|some|any|new|old|sua|seu|minha|a|o)[-_ ]?)*(?:example|exemplo|"
    r"changeme|change[-_]me|"
    r"placeholder|dummy|todo|none|null|nil|true|false|required|optional|redacted|secret|password|"
    r"senha|token|string|str|"
    r"bytes|int|bool|text|any|undefined|default|empty|hidden|here|aqui|value|valor|key|"
    r"chave)\b[-_\w]*$|(?:your|sua|seu)[-_]",
    re.IGNORECASE,
)
_ALGORITHM = re.compile(
    r"(?:sha|md|aes|utf|base|hmac|rsa|ed|p|pkcs|pbkdf|argon|oauth|http|ipv|python|v|x|win|int|bcrypt)[-_.]?\d[\d._-]*"
    r"(?:[-_]\w{1,6})?$",
    re.IGNORECASE,
)
_NOT_THE_VALUE = re.compile(
    r"len|min|max|timeout|ttl|age|size|(?<!ac)count|limit|hash|sha\d|digest|checksum|fingerprint|"
    r"public|file|path|url|uri|name|"
    r"field|prompt|label|type|policy|expir|reset|hint|regex|pattern|_at$|_id$|env|_var|manager|store|"
    r"iz|isation|kind|class"
)
"""In a name beside the key word: what it holds is something about a secret, not the secret."""


def is_stated(value: str) -> bool:
    """Whether a value that follows a word like "password" is one, and not a variable, a call or a stand-in."""
    if len(value) < 4 or _VARIABLE.match(value) or _DUMMY.match(value) or _ALGORITHM.match(value):
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    if digits:
        return (letters and len(value) >= 6) or value.isdecimal() or (not value.isalnum() and len(value) >= 8)
    return len(value) >= 6 and letters and bool(re.search(r"[!@#$%^&*?~+]", value)) and not value.endswith(("?", "!"))


def is_random(value: str) -> bool:
    """Whether a value of 16 characters and more was drawn, not written: letters and digits, no words, high entropy."""
    if len(value) < 16 or not re.search("[0-9]", value) or not re.search("[A-Za-z]", value) or _DUMMY.match(value):
        return False
    if all(re.fullmatch(r"\d*|[A-Za-z]?[a-z]*|[A-Z]+", part) for part in re.split(r"[-_./:+=~]+", value)):
        return False
    return _entropy(value) >= (2.6 if re.fullmatch(r"[0-9a-fA-F-]+", value) else 3.2)


def _entropy(value: str) -> float:
    """Bits a character."""
    return -sum(count / len(value) * log2(count / len(value)) for count in Counter(value).values())


# --- known by their shape --------------------------------------------------------------------------------------------


def _token(kind: str, needles: str, pattern: str) -> Rule:
    """A token that stands alone, not within a longer word."""
    return Rule(kind, tuple(needles.split()), re.compile(rf"(?<![A-Za-z0-9_])(?:{pattern})(?![A-Za-z0-9])"))


SHAPES = (
    _token("aws access key", "akia asia abia acca", r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}"),
    _token("google api key", "aiza", r"AIza[\w-]{35}"),
    _token("google oauth secret", "gocspx- ya29.", r"(?:GOCSPX-|ya29\.)[\w-]{20,400}"),
    _token(
        "github token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\w{50,255}"
    ),
    _token("gitlab token", "glpat- gldt- glrt- glptt- glcbt-", r"gl(?:pat|dt|rt|ptt|cbt)-[\w-]{20,64}"),
    _token("slack token", "xox", r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}"),
    _token("slack token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{20,250}"),
    _token(
        "slack webhook", "hooks.slack.com", r"(?:https?://)?hooks\.slack\.com/(?:services|workflows)/[\w/+-]{20,200}"
    ),
    _token(
        "discord webhook",
        "/api/webhooks/",
        r"(?:https?://)?(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{10,22}/[\w-]{30,120}",
    ),
    _token("teams webhook", ".webhook.office.com", r"https://[\w-]{1,64}\.webhook\.office\.com/[\w@/-]{30,300}"),
    _token("telegram bot token", ":aa", r"\d{8,10}:AA[\w-]{33}"),
    _token(
        "stripe key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,247}"
    ),
    _token("anthropic key", "sk-ant-", r"sk-ant-[\w-]{20,200}"),
    _token(
        "openai key", "sk-", r"(?<!-)sk-(?:proj-|svcacct-|admin-|or-v1-)?(?=[\w-]{0,60}[0-9])[A-Za-z0-9][\w-]{30,200}"
    ),
    _token("hugging face token", "hf_", r"hf_[A-Za-z0-9]{30,60}"),
    _token("npm token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _token("pypi token", "pypi-ageic", r"pypi-AgEIc[\w-]{50,300}"),
    _token("docker token", "dckr_", r"dckr_[po]at_[\w-]{20,60}"),
    _token("digitalocean token", "_v1_", r"do[por]_v1_[0-9a-f]{64}"),
    _token("sendgrid key", "sg.", r"SG\.[\w-]{16,32}\.[\w-]{30,64}"),
    _token("twilio key", "sk ac", r"(?:SK|AC)(?=[0-9a-f]{0,31}\d)[0-9a-f]{32}"),
    _token("mailgun key", "key-", r"key-[0-9a-f]{32}"),
    _token("mailchimp key", "-us", r"[0-9a-f]{32}-us\d{1,2}"),
    _token("shopify token", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _token("square token", "sq0atp- sq0csp-", r"sq0(?:atp|csp)-[\w-]{22,60}"),
    _token("vault token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{20,200}"),
    _token("age key", "age-secret-key-", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    _token("grafana token", "glsa_ glc_", r"gl(?:sa|c)_[\w=+/]{30,200}"),
    _token("postman key", "pmak-", r"PMAK-[0-9a-f]{20,40}-[0-9a-f]{30,40}"),
    _token("new relic key", "nrak-", r"NRAK-[A-Z0-9]{27}"),
    _token("databricks token", "dapi", r"dapi[0-9a-f]{32}"),
    _token("linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,64}"),
    _token("notion token", "ntn_ secret_", r"ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{43}"),
    _token("atlassian token", "atatt3", r"ATATT3[\w=-]{60,250}"),
    _token("groq key", "gsk_", r"gsk_[A-Za-z0-9]{40,64}"),
    _token("mercado pago token", "app_usr-", r"APP_USR-[\w-]{30,120}"),
    _token("jwt", "eyj", r"eyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}(?:\.[\w-]{0,2000})?"),
    Rule(
        "discord bot token",
        (".",),
        re.compile(r"[MNO](?<![\w.-].)[A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,38}(?![\w-])"),
        lambda match: is_random(match[0]),
    ),
)

# --- known by what stands around them --------------------------------------------------------------------------------

_STRONG = r"password|passwd|passphrase|passcode|pwd|senha|secret|segredo|(?<![a-z])pass(?![a-z])"
_WEAK = (
    r"token|credential|credencia(?:l|is)|(?:api|app|access|auth|account|client|private|secret|signing|"
    r"encryption|master|"
    r"service)[_\- ]?key|chave (?:d[ae] )?(?:api|acesso|secreta|privada|cripto\w{0,8})|chave_(?:api|secreta)"
)
_OPEN = r"\\{0,3}[\"'`]"
_ASSIGNS = rf"(?:{_OPEN})?\]?[ \t]{{0,4}}(?::=|=>|==?|:)(?!//)[ \t]{{0,4}}\(?"
_WORDS = ("pass", "pwd", "senha", "secret", "segredo")
_WEAK_WORDS = ("token", "key", "chave", "credenc", "credent")
_BARE = r"[^\s\"'`,;<>]"
_CODE = r"[A-Za-z0-9+/=_.~-]"


def _named(match: re.Match[str], strict: bool) -> bool:
    value, around = match["s"].rstrip(".:)]}"), match["around"]
    if _NOT_THE_VALUE.search(around):
        return False
    return is_random(value) if strict else is_stated(value) or is_random(value)


def _assigned(match: re.Match[str]) -> bool:
    """An unquoted value may be an expression: dotted names and calls are none of ours."""
    value = match["s"]
    return not _EXPRESSION.match(value) and _named(match, strict=False)


_EXPRESSION = re.compile(
    r"[a-z_]+(?:\.[a-z_]+)+[\])]*$|(?:self|cls|this|args|settings|config|options|env|os|process|match|event|row|data)"
    r"\.[\w.]+|[a-z_][\w.]*\("
)


def _quoted_word(match: re.Match[str]) -> bool:
    """A word in quotes given to a name that ends in "password" is one, digits or none."""
    value = match["s"]
    plain = value.isalpha() and len(value) >= 6 and not _DUMMY.match(value)
    return not _NOT_THE_VALUE.search(match["around"]) and (is_stated(value) or plain or is_random(value))


_GAP = (
    r"(?:[ \t](?:for|of|to|on|the|my|our|is|do|da|de|dos|no|na|meu|minha|o|a|wifi|wi-fi|admin|root|"
    r"login|[a-z]{2,14}(?= (?:is|é)\b)|"
    r"(?<=do |da |no |na |of |or )[a-z0-9]{2,14}|(?<=the )[a-z0-9]{2,14})){0,5}?"
)
_SAYS = r"(?:[ \t]*[:=][ \t]*|[ \t](?:is|was|é|era|será|para|to|as|como)[ \t]?:?[ \t]|[ \t])"

AROUND = (
    Rule(
        "private key",
        ("private key",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:\s*[\w-]{1,40}: [^\n]{0,200}){0,6}"
            r"(?:[^-]{0,30000}-----END [A-Z0-9 ]{0,60}-----|(?:(?:\\{1,4}[nr]|\s){1,8}[A-Za-z0-9+/=]{12,})*)"
        ),
    ),
    Rule(
        "password",
        _WORDS,
        re.compile(rf"(?P<around>(?:{_STRONG})[\w-]{{0,24}}){_ASSIGNS}{_OPEN}(?P<s>[^\"'`\n]{{4,200}})", re.ASCII),
        _quoted_word,
        folded=True,
    ),
    Rule(
        "password",
        _WORDS,
        re.compile(rf"(?P<around>(?:{_STRONG})[\w-]{{0,24}}){_ASSIGNS}(?P<s>{_BARE}{{4,200}})", re.ASCII),
        _assigned,
        folded=True,
    ),
    Rule(
        "password",
        ("pass", "pwd", "senha"),
        re.compile(
            r"(?m)^[ \t]*(?:export[ \t]+|set[ \t]+)?(?P<around>[A-Z0-9_]*(?:PASSWORD|PASSWD|PASS|PWD|"
            r"SENHA))=(?P<s>[^\s\"'`;]{4,200})"
        ),
        lambda match: not _DUMMY.match(match["s"]) and not _VARIABLE.match(match["s"]),
    ),
    Rule(
        "password",
        ("pass", "senha"),
        re.compile(
            rf"(?P<around>\b(?:password|passphrase|passcode|senha)){_GAP}{_SAYS}[\"'`“‘]?"
            rf"(?={_BARE}{{0,60}}[0-9!@#$%&*+~^])(?P<s>{_BARE}{{4,120}})"
        ),
        lambda match: _named(match, strict=False) and not match["s"].isdecimal() | match["s"].startswith(("http", "/")),
        folded=True,
    ),
    Rule(
        "password",
        ("password", "senha"),
        re.compile(
            r"(?P<around>\b(?:password|passphrase|senha))(?: d[aoe] \w{2,14})? (?:is|"
            r"é)[ \t]?:?[ \t](?P<s>\d{4,12})(?![\w.,:/-]\w)"
        ),
        folded=True,
    ),
    Rule("password", ("machine",), re.compile(r"\blogin\s{1,8}\S{1,80}\s{1,8}password\s{1,8}(?P<s>\S{4,200})")),
    Rule(
        "key or token",
        _WEAK_WORDS,
        re.compile(
            rf"(?P<around>(?:{_WEAK})[\w-]{{0,16}})(?:{_ASSIGNS}|[ \t](?:is|was|é|era)[ \t]?:?[ \t]|[ \t])"
            rf"(?:{_OPEN}|[“‘])?(?P<s>{_CODE}{{16,512}})"
        ),
        lambda match: _named(match, strict=True),
        folded=True,
    ),
    Rule(
        "authorization header",
        ("authorization",),
        re.compile(
            rf"authorization\\{{0,3}}[\"']?[ \t]?[:=,][ \t]?[\"']?(?:bearer|basic|token|apikey|"
            rf"digest)[ \t]{{1,4}}(?P<s>{_CODE}{{8,4000}})",
            re.IGNORECASE,
        ),
        lambda match: not _DUMMY.match(match["s"]),
    ),
    Rule(
        "authorization header",
        ("bearer ",),
        re.compile(rf"bearer[ \t]{{1,4}}(?P<s>{_CODE}{{16,4000}})", re.IGNORECASE),
        lambda match: is_random(match["s"]),
    ),
    Rule(
        "session cookie",
        ("cookie",),
        re.compile(r"(?:sess[a-z_]{0,12}|sid|auth[a-z_]{0,12}|token|jwt)=(?P<s>[^\s;,\"']{12,4000})", re.IGNORECASE),
        lambda match: is_random(match["s"]) or bool(re.fullmatch("[0-9a-fA-F]{12,}", match["s"])),
    ),
    Rule(
        "password in a url",
        ("://",),
        re.compile(r"(?<=://)[^\s/:@\"'<>]{0,80}:(?P<s>[^\s/@\"'<>]{2,200})@(?=[\w\[])"),
        lambda match: not _VARIABLE.match(match["s"]) and not _DUMMY.match(match["s"]),
    ),
    Rule(
        "token in a url",
        ("token=", "key=", "sig=", "signature=", "secret=", "auth=", "password=", "credential="),
        re.compile(
            r"[?&](?:[\w-]{0,24}(?:token|api_?key|sig|signature|secret|auth|password|credential)|"
            r"key)=(?P<s>[^&\s\"'#<>]{8,2000})",
            re.IGNORECASE,
        ),
        lambda match: is_stated(match["s"]) or is_random(match["s"]),
    ),
    Rule(
        "one-time password seed",
        ("otpauth://",),
        re.compile(r"otpauth://[^\s\"']{0,400}?[?&]secret=(?P<s>[A-Za-z2-7=]{8,200})"),
    ),
    Rule(
        "password",
        ("--",),
        re.compile(
            rf"--(?<!-..)(?!-)[a-z-]{{0,20}}(?:password|passwd|pass|senha|token|secret|api-?key|access-key|"
            rf"auth)[= ][ ]?[\"']?(?P<s>{_BARE}{{4,400}})"
        ),
        lambda match: is_stated(match["s"]) or is_random(match["s"]),
    ),
    Rule(
        "password",
        ("-u ", "--user", "sshpass", "mysql"),
        re.compile(
            rf"(?:(?:curl|wget|http)\b[^\n|]{{0,200}}?[ ](?:-u|--user)[= ]?[\"']?[^\s:\"']{{1,64}}:|"
            rf"sshpass[ ]{{1,4}}-p[ ]?[\"']?|"
            rf"mysql(?:dump|admin)?\b[^\n|]{{0,80}}?[ ]-p)(?P<s>{_BARE}{{4,200}})"
        ),
        lambda match: is_stated(match["s"]) or is_random(match["s"]),
    ),
)

RULES = SHAPES + AROUND


def _by_root(needles: set[str]) -> dict[str, tuple[str, ...]]:
    """Those that hold no other, with all that hold them: a text without "key" holds no "key=" either."""
    roots = sorted(one for one in needles if not any(other in one for other in needles - {one}))
    return {root: tuple(one for one in needles if root in one) for root in roots}


_SHAPE_NEEDLES = frozenset(needle for rule in SHAPES for needle in rule.needles)
_AROUND_NEEDLES = _by_root({needle for rule in AROUND for needle in rule.needles})

# --- known by their check digits -------------------------------------------------------------------------------------

_DIGITS = re.compile(
    r"[0-9](?<![\w.,/+-].)(?:"
    r"(?P<cpf>\d{2}\.\d{3}\.\d{3}-\d{2})|(?P<cnpj>[0-9A-Z]\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-\d{2})|"
    r"(?P<card>\d{3}(?P<m>[ -]?)(?:\d{4}(?P=m)\d{4}(?P=m)\d{4}|\d{6}(?P=m)\d{5}))|(?P<bare>\d{10}(?:\d{3})?)"
    r")(?![\w-]|[.,]\d)"
)
_NUMBERED = ("cpf", "cnpj")
"""Words that make one of these of bare digits."""
_IBAN = re.compile(r"[A-Z](?<![A-Za-z0-9].)[A-Z]\d\d[ A-Z0-9]{11,40}")
_IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "NO15 BE16 DK18 FI18 NL18 SI19 AT20 LT20 LU20 CH21 LV21 HR21 BG22 DE22 GB22 IE22 ME22 RS22 AE23 IL23 "
        "AD24 CZ24 ES24 PK24 RO24 SA24 SE24 SK24 PT25 IS26 TR26 FR27 GR27 IT27 SM27 MC27 AL28 CY28 HU28 PL28 "
        "BR29 QA29 UA29 MT31",
    )
}
"""Characters of an IBAN by country (SWIFT's registry, ISO 13616)."""


def _numbers(text: str, folded: str) -> Iterator[Span]:
    for match in _DIGITS.finditer(text):
        kind, value = match.lastgroup, match[0]
        digits = re.sub(r"[ ./-]", "", value)
        if match["card"] and is_card(digits):
            yield *match.span(), "credit card"
        elif match["cpf"] and is_cpf(digits):
            yield *match.span(), "cpf"
        elif match["cnpj"] and is_cnpj(digits):
            yield *match.span(), "cnpj"
        elif kind == "bare" and "cpf" in folded and len(digits) == 11 and is_cpf(digits):
            yield *match.span(), "cpf"
        elif kind == "bare" and "cnpj" in folded and len(digits) == 14 and is_cnpj(digits):
            yield *match.span(), "cnpj"
    for match in _IBAN.finditer(text):
        if end := _iban_end(match[0]):
            yield match.start(), match.start() + end, "iban"


def is_card(digits: str) -> bool:
    """A number of the large networks, Luhn's sum right (ISO/IEC 7812-1)."""
    known = re.match(r"4|5[0-5]|22[2-9]|2[3-6]|27[01]|2720|3[47]|35[2-8]|6011|6[45]|6[23]", digits)
    if not known or len(digits) != (15 if digits[:2] in ("34", "37") else 16) or len(set(digits)) < 3:
        return False
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def is_cpf(digits: str) -> bool:
    """Both check digits right, and not one digit eleven times (Receita Federal)."""
    values = [int(digit) for digit in digits]
    return len(set(values)) > 1 and all(
        _check(values[:count], range(count + 1, 1, -1)) == values[count] for count in (9, 10)
    )


def is_cnpj(digits: str) -> bool:
    """Both check digits right; letters count as their code less 48 (Receita Federal, from 2026 on)."""
    values = [ord(each) - 48 for each in digits]
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return len(set(values)) > 1 and all(
        _check(values[:count], weights[13 - count :]) == values[count] for count in (12, 13)
    )


def _check(values: Iterable[int], weights: Iterable[int]) -> int:
    rest = sum(value * weight for value, weight in zip(values, weights, strict=True)) % 11
    return 0 if rest < 2 else 11 - rest


def _iban_end(candidate: str) -> int:
    """Where an IBAN at the start of ``candidate`` ends; 0 if there is none."""
    length = _IBAN_LENGTHS.get(candidate[:2], 0)
    taken = [index for index, each in enumerate(candidate) if each != " "][:length]
    if not length or len(taken) < length or candidate[taken[-1] + 1 : taken[-1] + 2].isalnum():
        return 0
    compact = "".join(candidate[index] for index in taken)
    number = int("".join(str(int(each, 36)) for each in compact[4:] + compact[:4]))
    return taken[-1] + 1 if number % 97 == 1 else 0
