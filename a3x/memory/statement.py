"""Reads what a user states in a chat: "my locker code is 8471", "meu gato se chama Tofu". Pure; stores nothing.

Conservative: what is stated is recalled as true later, so questions, requests, opinions about the answer and pasted
texts are none. Of a statement it tells what it is about from the value; knows verbs and articles, no grammar beyond.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from a3x.memory.redact import kinds
from a3x.stores import phrasing

MAX_MESSAGE_CHARS = 400
"""Longer messages, and those of several lines, are pasted texts rather than something a person says."""
MAX_STATEMENTS = 4
MAX_ASIDE_WORDS = 3
"""Of a sentence beside a statement that is none: "Hello!", "Thanks."."""
MAX_SIDE_WORDS = 14


@dataclass(frozen=True)
class Statement:
    """``text`` as the user said it, without "remember that"; ``about`` is its side that says of what, ``value`` the other.

    ``value`` "" where the sides cannot be told apart: then ``about`` is all of it.
    """

    text: str
    about: str
    value: str

    @property
    def key(self) -> str:
        """The same for statements about the same thing: the newer one replaces the older."""
        return phrasing.about_key(self.about) if self.value else ""


_ASIDE = re.compile(
    r"(?:(?:please|hey|hi|hello|oi|olá|ei|por favor|ok|okay|so|well|and|also|besides|oh|ah|e|também|bom|aliás|by the way|"
    r"na verdade|actually|as you know|in addition|now|today|além disso|como você sabe|por sinal|agora|hoje)[\s,.:!]+)"
    r"|(?:(?:no|nope|wrong|não|errado)\s*[,.:!]\s*)",
    re.IGNORECASE,
)
"""What may stand before anything and is no part of it."""
_LEAD = re.compile(
    r"(?:(?:just so you know|for your information|fyi|for later|from now on|since today|só para você saber|para depois|"
    r"para sua informação|de agora em diante|desde hoje|para você saber|so you know)[\s,.:!]+)"
    r"|(?:(?:(?:i want you to|i'd like you to|you should|quero que você|eu te conto|i'm telling you now|estou te contando agora)"
    r"\s*:?\s*)?(?:(?:remember|note|keep in mind|don['’]?t forget|bear in mind|write down|know|learn|save|store|memori[sz]e|"
    r"lembre|lembra|saiba|guarde|guarda|não se esqueça de|não esqueça|anote|anota|tenha em mente|aprenda|memorize|make a note|"
    r"toma nota|nota|note this down|new fact|novo fato)(?:\s+(?:this|isto|disso|it|aí|down))?(?:\s+(?:that|que)\s+|\s*:\s*)))"
    r"|(?:(?:update|updated|correction|new|that changed|atualização|atualizado|correção|isso mudou|mudou|novo)\s*:\s*)",
    re.IGNORECASE,
)
"""What says that a statement follows."""
_TAIL = re.compile(
    r"(?:\s*[,;]\s*(?:please\s+)?(?:remember (?:that|it|this)|thanks|thank you|please|lembre disso|anota aí|obrigad[oa]|"
    r"por favor))\s*$",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|can|could|would|should|will|shall|if|"
    r"list|show|write|make|create|give|tell|explain|run|delete|remove|copy|move|find|print|count|sort|open|let|try|use|"
    r"it|its|this|that|these|those|there(?! are \d)|here|he|she|they|you|your|one|nothing|"
    r"everything|someone|nobody|maybe|perhaps|thanks|sorry|yes|in|on|at|"
    r"with|without|from|to|by|then|but|or|because|repeat|say|spell|echo|type|translate|calculate|"
    r"qual|quais|que|onde|como|quando|quanto|quantos|quantas|por que|porque|será|liste|mostre|escreva|crie|diga|"
    r"me|explique|apague|remova|copie|mova|ache|conte|ordene|abra|ele|ela|eles|elas|isso|isto|esse|essa|este|esta|aquilo|"
    r"go and|help|"
    r"voce|você|vocês|seu|sua|nada|tudo|alguém|ninguém|talvez|obrigad[oa]|desculpe|sim|em|no|na|com|sem|mas|ou|se|repita|"
    r"soletre|traduza|calcule|faça|faz)\b",
    re.IGNORECASE,
)
"""How a sentence begins that states nothing of its own."""
_ANYBODY = re.compile(
    r"(?:you|você) (?:(?:can|may|pode) )?(?:reach|enter|buy|call me|need \S+ for|alcança|entra|entrar|"
    r"compra|comprar|me chamar|precisa de \S+ para|(?:find|encontra|encontrar)(?= (?-i:[A-ZÀ-Ý])))\s",
    re.IGNORECASE,
)
"""How one begins that says of "you" what is so for anybody."""
_NOTED = re.compile(
    r"(?:use|call|check out|be (?:there|at|in|on)|in|on|at|from|by|with|no|na|em|com|digite|vá)\s", re.IGNORECASE
)
"""What begins requests, unless they were told to be remembered."""
_DEFINES = re.compile(
    r"(?:is|are|é|são)\s+(?:my|our|o meu|a minha|o nosso|a nossa)\s"
    r"|(?:stands? for|means?|significa|representa)\s[^'\"“‘`«]*['\"“‘`«]",
    re.IGNORECASE,
)
"""What says of any word what it is to the user: "… is my name for", "… means 'ls -l'"."""
_ASKS = re.compile(
    r"\b(?:what|which|who|whom|how|why|o que|qual|quais|(?:would|['’]d) like|like to|need|needs|want|have to|don['’]?t|"
    r"quero|queria|preciso|gostaria|ajud[ae]|tenho que|forgot|forgotten|can['’]t remember|to remember|"
    r"forgetting|looking for|asked for|recall|"
    r"esqueci|esquecendo|procurando|"
    r"não (?:me )?lembro|transforme|complete|preencha|fill in|finish the|traduz\w*)\b|(?:\b(?:is|are|é|são)|[:=…_])\s*$",
    re.IGNORECASE,
)
"""Words of questions and requests, wherever they stand."""
_FRAME = re.compile(
    r"(?:when(?:ever)? (?:i say|it comes to)|if i say|saying ['\"“‘`«]|dizer ['\"“‘`«]|by ['\"“‘`«][^'\"”’`»]+['\"”’`»] i mean\b|"
    r"com ['\"“‘`«][^'\"”’`»]+['\"”’`»] eu quero dizer\b|in our language|na nossa língua|sempre que eu (?:digo|falar|disser)|"
    r"quando eu (?:digo|falo)|se eu disser|quando o assunto é|"
    r"no (?:meu )?caso|as for|quanto a)\b",
    re.IGNORECASE,
)
"""How one begins that states something, though its first word begins questions and requests too."""
_BE = "it['’]s|is called|are called|is named|is|are|was|were|se chama|se chamam|chama-se|é|são|era|foi"
_MEAN = "means|mean|stands for|significa|quer dizer|representa"
_DO = (
    "am called|am|live in|live on|live at|live|lives in|lives on|lives at|lives|work at|work for|work as|"
    "works at|works for|works as|moved to|was born in|was born on|prefer|prefers|like|likes|love|loves|use|uses|"
    "drive|drives|speak|speaks|study|studies|"
    "wear|wears|turned|code in|codes in|program in|write in|drink|drinks|eat|eats|play|plays|listen to|listens to|"
    "support|supports|own|owns|lead|leads|manage|manages|run|runs|take|takes|cost|costs|weigh|weighs|meet|meets|open|opens|close|closes|"
    "start|starts|begin|begins|end|ends|listen|listens|answer|answers|belong to|belongs to|has|go by|goes by|bought|teaches|"
    "always order|always orders|orders|may spend|can spend|"
    "keep|keeps|expire|expires|arrive|arrives|leave|leaves|is kept|are kept|report to|reports to|go to|goes to|grew up in"
)
_FAZER = (
    "chamo|moro em|moro na|moro no|mora em|mora na|mora no|moro|mora|trabalho na|trabalho no|trabalho em|trabalho como|trabalho|"
    "trabalha na|trabalha no|trabalha em|trabalha|nasci em|nasci|nasceu em|nasceu|prefiro|prefere|gosto de|gosta de|uso|usa|"
    "dirijo|falo|estudo|visto|calço|calça|programo em|programa em|bebo|bebe|como|come|jogo|joga|torço para|torce para|tenho|tem|"
    "lidera|lidero|cuida|dura|leva|custa|pesa|abre|fecha|começa|termina|acaba|fica|vence|atende por|atende|responde|roda|"
    "dá aula para|dá aulas para|sempre pede|pede|gerencia|dirige|vai ao|vai à|"
    "funciona|escuta|pertence a|pertence|sou|faço|faz|se reúne|reúne-se|comprou|precisa de|sai|chega|respondo a"
)
_VERBS = tuple(
    re.compile(rf"(?<=[\w'\"”’`»)]),?\s+(?P<verb>{verbs})(?:\s*:)?\s+", re.IGNORECASE)
    for verbs in (_BE, _MEAN, f"{_DO}|{_FAZER}")
)
"""In the order in which they are looked for: many a noun looks like one of the last."""
_NAMING = frozenset(["is called", "are called", "is named", "se chama", "se chamam", "chama-se"])
"""These say whose name it is as "name" does."""
_BEGINS = re.compile(
    r"(?P<verb>people call me|todos me chamam(?: de)?|me chamo|moro(?: em| na| no)?|"
    r"trabalho(?: em| na| no| como)?|nasci(?: em)?|prefiro|gosto de|uso|dirijo|falo|"
    r"estudo|calço|programo em|bebo|torço para|sou)\s+",
    re.IGNORECASE,
)
"""Portuguese leaves out "eu"; of others it says something of the user."""
_SIGN = re.compile(r"\s*(?P<verb>[:=])\s+|\s+(?P<dash>[-–=])\s+")
_COPULAS = frozenset([*f"{_BE}|{_MEAN}".split("|"), "it's", "it’s"])
_SMALL = r"(?:my|our|the|o|a|os|as|meu|minha|meus|minhas|nosso|nossa)\s"
_OWNED = re.compile(rf"^{_SMALL}|['’]s\s|s['’]\s|\b(?:of|for|do|da|de|dos|das)\s", re.IGNORECASE)
_SUBJECT = re.compile(
    r"(?:my|our|i|we|the|as for|for|when|whenever|meu|minha|meus|minhas|nosso|nossa|eu|nós|o|a|os|as|para|no caso|quanto|"
    r"temos|guardamos|atualizamos|usamos|mudamos|compramos|"
    r"quando|quem|moro|trabalho|nasci|prefiro|tenho|sou|uso|gosto|falo|estudo)\b|['\"“‘`«]",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-ZÀ-Ý\d$€£/~]")
_TELLING = re.compile(r"\d|['\"“‘`«]\w|\b[A-ZÀ-Ý]\w")
MIN_WHOLE_WORDS = 4
MAX_NAME_WORDS = 3
"""A sentence that begins with any capitalised word may be a request: then its verb comes soon."""
_BEFORE_VALUE = re.compile(
    r"(?:on (?:the )?port|at door|at|on|in|with|by|for|em|com|às|no|na|de|da|do|por|run:?|rode:?)\s+", re.IGNORECASE
)
_NO_VALUE = re.compile(
    r"(?:not|wrong|right|correct|broken|missing|ok|fine|good|bad|nice|great|very|too|so|really|just|already|still|empty|slow|"
    r"não|errad[oa]|cert[oa]|corret[oa]|quebrad[oa]|muito|tão|bom|boa|ruim|ótim[oa]|legal|vazi[oa]|lent[oa]|já|ainda)\b",
    re.IGNORECASE,
)
"""How what follows begins when it is a judgement and no value."""
_WORTH = re.compile(r"\d|['\"“`]|(?<!^)\b[A-ZÀ-Ý]|^[A-ZÀ-Ý]|^(?:an?|the|um|uma|o|as?|os)\s|\bin\s|\bem\s", re.ASCII)
"""What makes "I am …" worth keeping: a name, a number, a quoted word, a trade, a place."""


def stated(message: str) -> tuple[Statement, ...]:
    """What a user's message states, in order; nothing of a long or pasted one, and nothing that held a secret."""
    text = message.strip()
    if not text or len(text) > MAX_MESSAGE_CHARS or "\n" in text:
        return ()
    if "?" in text:
        return ()  # what is said beside a question is often its premise
    found: list[Statement] = []
    for sentence in _sentences(text):
        one = _parse(sentence)
        if one is None and len(sentence.split()) > MAX_ASIDE_WORDS:
            return ()  # a request, and what it is about
        found += [one] if one else []
    return tuple(found[:MAX_STATEMENTS])


def _sentences(text: str) -> list[str]:
    """With their question marks, without their full stops."""
    return [
        part.rstrip(" .!")
        for part in re.split(
            r"(?<=[.!?])(?<!\b[DMS]r\.)(?<!\b[DMS]ra\.)(?<!\bMrs\.)(?<!\bSt\.)\s+(?=[\w'\"“‘`«])", text
        )
        if part.strip(" .!")
    ]


def _parse(sentence: str) -> Statement | None:
    text, led = sentence, False
    while match := _LEAD.match(text) or _ASIDE.match(text):
        led = led or match.re is _LEAD
        text = text[match.end() :]
    text = _TAIL.sub("", text).strip(" .!")
    said = _FRAME.match(text) is not None
    if _ANYBODY.match(text) or (led and _NOTED.match(text) and not _ASKS.search(text)):
        return None if kinds(text) else _whole(text)
    if not text or kinds(text) or (not said and (_NONE.match(text) or _ASKS.search(text))):
        return None
    if match := _BEGINS.match(text):
        return _statement(text, match["verb"], match["verb"], text[match.end() :], said)
    for verb in _VERBS:
        if match := verb.search(text):
            left, right = text[: match.start()], text[match.end() :]
            if not (led or said or _may_be_subject(left) or _defines(text, match)):
                return None
            return _statement(text, left, match["verb"], right, said)
    match = _SIGN.search(text)
    if match and (led or _OWNED.search(text[: match.start()])):
        return _statement(text, text[: match.start()], "", text[match.end() :], said)
    if re.search(r"\b(?:please|por favor)\b", sentence, re.I):
        return None
    return _whole(text) if led or said or _SUBJECT.match(text) or re.match(r"there are \d", text, re.I) else None


def _whole(text: str) -> Statement | None:
    """A sentence of a subject and of names or numbers whose verb is none of ours: kept whole, and nothing replaces it."""
    words = text.split()
    telling = _TELLING.search(text, len(words[0]))
    judged = not _ANYBODY.match(text) and re.search(r"\b(?:you|your|você|vocês)\b", text, re.IGNORECASE)
    if telling is None or judged or not MIN_WHOLE_WORDS <= len(words) <= MAX_SIDE_WORDS:
        return None
    return Statement(text, text, "")


def _may_be_subject(left: str) -> bool:
    named = bool(_NAME.match(left)) and (len(left.split()) <= MAX_NAME_WORDS or bool(re.search(r"['’]s\s", left)))
    return named or bool(_SUBJECT.match(left))


def _defines(text: str, verb: re.Match[str]) -> bool:
    short = len(text[: verb.start()].split()) <= MAX_NAME_WORDS
    return short and _DEFINES.match(text, verb.start("verb")) is not None


def _statement(text: str, left: str, verb: str, right: str, said: bool) -> Statement | None:
    """The two sides in their roles; None if they cannot have them."""
    if not right or max(len(left.split()), len(right.split())) > MAX_SIDE_WORDS or _NO_VALUE.match(right):
        return None
    if re.search(r"\b(?:you|your|você|vocês)\b", f"{left} {verb} {right}", re.IGNORECASE) and not said:
        return None
    if re.fullmatch(r"(?:i|eu|we|nós)", left, re.IGNORECASE) and not _WORTH.search(right):
        return None
    naming = " name" if verb.lower() in _NAMING else ""
    doing = naming if verb.lower() in _COPULAS or verb == left else f" {verb}"
    turned = (
        bool(_OWNED.search(right))
        and not _OWNED.search(left)
        and not phrasing.MINE.search(f"{left} {verb}")
        and not re.fullmatch(r"we|nós", left, re.IGNORECASE)
        and not said
    )
    about, value = (f"{doing} {right}".strip(), left) if turned else (f"{left}{doing}".strip(), right)
    bare = _bare(value)
    return Statement(text, about, bare) if about and bare else None


def _bare(value: str) -> str:
    stripped = _BEFORE_VALUE.sub("", value.strip(), count=1) if _BEFORE_VALUE.match(value.strip()) else value.strip()
    return stripped.strip("'\"`“”‘’«»").rstrip(".!,;").strip()
