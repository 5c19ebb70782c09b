"""Finds a correction in what a user says next: "no, it is 8471". Pure and conservative; stores and changes nothing.

A wrong guess would be trained on, so what is not plainly a correction is none: questions, thanks, refusals, requests,
new subjects. Forms that also start other sentences ("actually, …") count only after a question and before a short value.
"""

from __future__ import annotations

import re

from a3x.stores import phrasing

MAX_MESSAGE_CHARS = 300
MAX_VALUE_WORDS = 12
"""Of what follows a mark that says correction and nothing else."""
MAX_WEAK_VALUE_WORDS = 6

_IS = r"(?:it\s+is|it['’]s|it\s+was|that\s+is|that['’]s|this\s+is|they\s+are|they['’]re|é|são|era)"
_NO = r"(?:no|nope|não)"
_STRONG = (
    rf"(?:{_NO}[\s,.!:;-]+)?(?:(?:that['’]?s|that\s+is|this\s+is|it['’]?s|you\s+are|you['’]re)\s+)?"
    rf"(?:wrong|incorrect|not\s+(?:right|correct|true)|out\s+of\s+date)[\s]*[,.:;!-]+\s*(?:{_IS}\s+)?(?P<v>.+)",
    rf"you\s+got\s+(?:it|that)\s+wrong[\s]*[,.:;!-]+\s*(?:{_IS}\s+)?(?P<v>.+)",
    rf"(?:correction|update)\s*:\s*(?:{_IS}\s+)?(?P<v>.+)",
    rf"(?:i\s+must|let\s+me)\s+correct\s+(?:you|that|it)\s*[:,.-]\s*(?:{_IS}\s+)?(?P<v>.+)",
    r"(?:no[\s,.!:;-]+)?the\s+(?:right|correct)\s+(?:answer|value|one)\s+is\s*:?\s+(?P<v>.+)",
    r"(?:no[\s,.!:;-]+)?the\s+answer\s+(?:should\s+be|should\s+have\s+been)\s+(?P<v>.+)",
    rf"(?:isso\s+)?(?:está|tá)?\s*(?:errado|incorreto|desatualizado)\s*[,.:;!-]+\s*(?:{_IS}\s+)?(?P<v>.+)",
    rf"isso\s+não\s+está\s+(?:certo|correto)\s*[,.:;!-]+\s*(?:{_IS}\s+)?(?P<v>.+)",
    rf"você\s+(?:errou|se\s+enganou|está\s+errad[oa]|está\s+enganad[oa])\s*[,.:;!-]+\s*(?:{_IS}\s+)?(?P<v>.+)",
    rf"(?:correção|atualização|corrija|atualize)\s*:\s*(?:{_IS}\s+)?(?P<v>.+)",
    rf"(?:preciso\s+te|deixa\s+eu|deixe-me)\s+corrigir\s*[:,.-]\s*(?:{_IS}\s+)?(?P<v>.+)",
    r"(?:não[\s,.!:;-]+)?a\s+resposta\s+(?:certa|correta)\s+é\s*:?\s+(?P<v>.+)",
    r"(?:não[\s,.!:;-]+)?o\s+(?:certo|correto)\s+é\s*:?\s+(?P<v>.+)",
    rf"(?:{_NO}[\s,.!:;-]+)?(?:i\s+meant|i\s+said|eu\s+quis\s+dizer|eu\s+disse)\s+(?!that\b|que\b)(?P<v>.+)",
    r"(?:sorry|desculp[ea])\s*[,.]\s*(?:i\s+meant|eu\s+quis\s+dizer)\s+(?!that\b|que\b)(?P<v>.+)",
    r"(?:please\s+)?(?:change|update)\s+(?:it|that)\s+to\s+(?P<v>.+)",
    r"(?:por\s+favor,?\s+)?(?:mude\s+para|mud[ae]\s+isso\s+para|troque\s+por)\s+(?P<v>.+)",
    r"fix\s+that\s*:\s*(?P<v>.+)",
    r"isso\s+não\s+é\s+mais\s+assim\s*[:,]\s*(?P<v>.+)",
)
"""Nobody says these but to correct; the value is the rest."""
_WEAK = (
    rf"{_NO}\s*[,.!:;-]+\s*{_IS}\s+(?P<v>.+)",
    rf"{_NO}\s*[,.!:;-]+\s*(?P<v>.+)",
    r"não\s+é\s+(?:isso|não)\s*[,.:;-]+\s*é\s+(?P<v>.+)",
    r"nada\s+disso\s*[,.:;-]+\s*(?:é\s+)?(?P<v>.+)",
    rf"actually\s*,?\s+{_IS}\s+(?P<v>.+)",
    rf"na\s+verdade\s*,?\s+{_IS}\s+(?P<v>.+)",
    r"(?:actually|na\s+verdade)\s*,\s*(?P<v>.+)",
    r"(?:sorry|desculp[ea])\s*,\s*(?:it\s+is|it['’]s|é)\s+(?P<v>.+)",
    r"it\s+(?:should|must)\s+be\s+(?P<v>.+)",
    r"(?:deveria\s+ser|tem\s+que\s+ser)\s+(?P<v>.+)",
    r"(?:it\s+has\s+changed\s*,\s*)?(?:it\s+is|it['’]s)\s+(?P<v>.+?)\s+now",
    r"(?:not\s+any\s*more\s*[,:]\s*)?now\s+(?:it\s+is|it['’]s)\s+(?P<v>.+)",
    r"not\s+any\s*more\s*[,:]\s*(?:now\s+(?:it\s+is|it['’]s)\s+)?(?P<v>.+)",
    r"(?:mudou\s*,\s*|não\s+é\s+mais\s*,\s*)?agora\s+é\s+(?P<v>.+)",
    r"(?:isso\s+mudou|já\s+não\s+é\s+isso)\s*:\s*(?P<v>.+)",
    r"make\s+that\s+(?P<v>.+)",
)
"""These correct after a question, if what follows can be an answer to it."""
_STRONG_RE = tuple(re.compile(form, re.IGNORECASE | re.DOTALL) for form in _STRONG)
_WEAK_RE = tuple(re.compile(form, re.IGNORECASE | re.DOTALL) for form in _WEAK)

_ASKS = re.compile(
    r"\?|\b(?:what|who|whom|whose|which|when|where|why|how|tell|remind|give|name|recall|remember|know|say|expand|"
    r"complete|repeat|show|list|send|spell|need|looking|let|"
    r"qual|quais|quem|quando|onde|que|quanto|quanta|quantos|quantas|como|diga|diz|lembra|lembre|me|fala|falando|sabe|"
    r"saber|expanda|complete|mostre|repita|preciso|informe|conte)\b",
    re.IGNORECASE,
)
_NO_VALUE = re.compile(
    r"(?:"
    r"thanks?|thank\s+you|please|sorry|never\s?mind|problem|worries|need|way|idea|doubt|more|longer|i|i['’]\w+|you|"
    r"you['’]\w+|we|we['’]\w+|they|he|she|let|let['’]s|do|don['’]?t|does|did|can|could|would|should|will|what|who|when|where|"
    r"why|how|which|that|this|there|not|just|only|also|but|and|or|if|because|so|stop|wait|try|use|give|show|tell|write|"
    r"make|explain|go|keep|forget|remember|look|run|ok|okay|fine|good|great|nice|yes|no|nope|really|never|maybe|perhaps|"
    r"raining|late|too|very|getting|time|noted|"
    r"obrigad[oa]|valeu|por\s+favor|desculp[ea]|problema|precisa|preciso|quero|queria|posso|pode|poderia|podemos|eu|você|"
    r"vocês|nós|ele|ela|eles|elas|não|sim|mas|e|ou|se|porque|então|talvez|nunca|nada|tudo\s+bem|deixa|deixe|espera|espere|"
    r"para|pare|faz|faça|tenta|tente|usa|use|mostra|mostre|escreva|explique|diga|me|que|qual|quem|quando|onde|como|só|"
    r"também|ainda|muito|mais|bom|boa|ótimo|certo|isso|esse|essa|este|esta|aquilo|tarde|hora|gosto|acho|vou|vamos|tenho|"
    r"está|estou|foi|sei"
    r")\b",
    re.IGNORECASE,
)
"""How what follows a weak mark starts when it is no value but another sentence."""
_NOT_EVEN_SO = re.compile(
    r"(?:try|do\s+it|please|again|you|i|i['’]\w+|that['’]s|thanks?|sorry|tente|tenta|de\s+novo|outra\s+vez|faça|por\s+favor|"
    r"você|eu|obrigad[oa]|desculpe)\b",
    re.IGNORECASE,
)
"""The few of them that follow a strong mark; commands like "make" are values there."""
_COPULA = re.compile(
    r"\s*(?:,?\s+(?:is|are|was|means|stands\s+for|é|são|significa|fica\s+em|é\s+igual\s+a)|\s*[:=])\s+", re.IGNORECASE
)
_ABOUT_IT = re.compile(r"(?P<about>.+?),\s*(?:it['’]s|it\s+is|é)\s+(?P<v>.+)", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:\s*[,.;]\s*(?:please\s+)?(?:remember\s+(?:that|it|this)|thanks|thank\s+you|please|not\s+.+|lembre\s+disso|"
    r"anota\s+aí|obrigad[oa]|por\s+favor|e?\s*não\s+.+))\s*[.!]?$",
    re.IGNORECASE,
)
_QUOTES = {"'": "'", '"': '"', "`": "`", "“": "”", "‘": "’", "«": "»"}
_PLAIN = frozenset(
    re.findall(
        r"\w+",
        "a an the my your our his her its their of for to in on at is are was do does did it what who which when where how "
        "o a os as um uma de do da dos das em no na para por meu minha seu sua é são que qual quem quando onde como",
    )
)


def detect(question: str, answer: str, message: str) -> str | None:
    """The corrected answer in ``message``, which followed ``question`` and its ``answer``; None if it holds none."""
    text = message.strip()
    if not question.strip() or not answer.strip() or len(text) > MAX_MESSAGE_CHARS or "\n" in text or "?" in text:
        return None
    for forms, most_words, surely in ((_STRONG_RE, MAX_VALUE_WORDS, True), (_WEAK_RE, MAX_WEAK_VALUE_WORDS, False)):
        if not surely and not _ASKS.search(question):
            return None
        for form in forms:
            if match := form.fullmatch(text):
                value = _value(question, match["v"], most_words, surely)
                return value if value and _folded(value) != _folded(answer) else None
    return None


def _value(question: str, rest: str, most_words: int, surely: bool) -> str | None:
    """The bare value in what follows the mark; None if that does not look like an answer to the question."""
    rest = _TAIL.sub("", rest.strip()).strip()
    stated = _stated(question, rest)
    if stated is not None:
        return _bare(stated) or None
    if (_NOT_EVEN_SO if surely else _NO_VALUE).match(rest):
        return None
    words = rest.split()
    if not 0 < len(words) <= most_words or re.search(r"[.!;]\s+\w", rest):
        return None
    return _bare(rest) or None


def _stated(question: str, sentence: str) -> str | None:
    """The value in a sentence that says the question's own words again ("the gate code is 8471"); None if it is none."""
    about = _words(question)
    if (match := _ABOUT_IT.fullmatch(sentence)) and _words(match["about"]) & about:
        return match["v"]
    for copula in _COPULA.finditer(sentence):
        left, right = sentence[: copula.start()], sentence[copula.end() :]
        known_left, known_right = _share(left, about), _share(right, about)
        if known_left >= 0.5 and known_right < 0.5:
            return right
        if known_right >= 0.5 and known_left < 0.5:
            return left
    return None


def _bare(value: str) -> str:
    """Without the full stop and the quotes around it."""
    value = value.strip()
    if value.endswith((".", "!")) and not value.endswith(".."):
        value = value[:-1].rstrip()
    if len(value) > 2 and _QUOTES.get(value[0]) == value[-1] and value[0] not in value[1:-1]:
        value = value[1:-1].strip()
    return value


def _words(text: str) -> set[str]:
    return {_folded(word)[:5] for word in re.findall(r"\w+", text) if word.lower() not in _PLAIN}


def _share(part: str, about: set[str]) -> float:
    """How much of what a part says was in the question; 0 if it says nothing."""
    words = _words(part)
    return len(words & about) / len(words) if words else 0.0


def _folded(text: str) -> str:
    return phrasing.unaccented(" ".join(text.split()).rstrip(".!").casefold())
