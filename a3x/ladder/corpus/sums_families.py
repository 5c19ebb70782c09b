"""What the sums skill asks: bare sums, sums in words and one-step problems, with the expression each calls for.

Pure data, in the pattern language of ``doing``; ``{sum}`` is the expression in some everyday notation.
"""

from __future__ import annotations

from dataclasses import dataclass

from a3x.ladder.corpus.doing import Lang


@dataclass(frozen=True)
class SumFamily:
    """One kind of sum. ``decimals``: may have a decimal point; ``ordered``: a ≥ b; ``divides``: mostly comes out whole;
    ``least``: smallest operand."""

    name: str
    expression: str
    en: tuple[str, ...]
    pt: tuple[str, ...]
    weight: int = 2
    decimals: bool = False
    ordered: bool = False
    divides: bool = False
    least: int = 0


PEOPLE = tuple(
    [
        "Ana",
        "Bruno",
        "Carla",
        "Diego",
        "Elisa",
        "Fábio",
        "Gabi",
        "Hugo",
        "Inês",
        "João",
        "Karen",
        "Lucas",
        "Marina",
        "Nina",
        "Otto",
        "Paula",
        "Rafael",
        "Sofia",
        "Tiago",
        "Vera",
        "Alice",
        "Ben",
        "Clara",
        "David",
        "Emma",
        "Frank",
        "Grace",
        "Henry",
        "Iris",
        "Jack",
        "Kate",
        "Leo",
        "Mary",
        "Noah",
        "Olive",
        "Peter",
        "Rose",
        "Sam",
        "Tom",
        "Zoe",
    ]
)
THINGS: dict[Lang, tuple[str, ...]] = {
    "en": tuple(
        [
            "apples",
            "books",
            "coins",
            "cards",
            "pens",
            "eggs",
            "stamps",
            "stickers",
            "marbles",
            "tickets",
            "oranges",
            "photos",
            "bottles",
            "seeds",
        ]
    ),
    "pt": (
        *("livros", "selos", "lápis", "ovos", "cadernos", "carrinhos", "adesivos"),
        *("ingressos", "pães", "botões", "bombons", "parafusos"),
    ),
}
CARRIERS: dict[Lang, tuple[str, ...]] = {
    "en": (
        *("@",) * 4,
        "please @",
        "@ please",
        "@, please",
        "can you @?",
        "could you @?",
        "can you please @?",
        "I need to @",
        "I want to @",
        "help me @",
        "how do I @?",
    ),
    "pt": (
        *("^",) * 4,
        "@",
        "por favor, ^",
        "^, por favor",
        "^ por favor",
        "você pode @?",
        "pode @?",
        "preciso @",
        "quero @",
        "me ajude a @",
        "como faço para @?",
    ),
}

BARE_EN = (
    "!{sum}",
    "!{sum} =",
    "?what is {sum}",
    "?what's {sum}",
    "?how much is {sum}",
    "[calculate|compute|work out|solve|evaluate] {sum}",
    "[tell me|give me] the result of {sum}",
    "!{sum} = ?",
    "![result of|the result of|answer to] {sum}",
    "?what does {sum} [give|equal|make|come to]",
    "do the sum {sum}",
    "find the value of {sum}",
)
BARE_PT = (
    "!{sum}",
    "!{sum} =",
    "?quanto é {sum}",
    "?quanto dá {sum}",
    "?qual é o [resultado|valor] de {sum}",
    "[calcular|resolver|computar] {sum}",
    "dizer quanto é {sum}",
    "!{sum} = ?",
    "![resultado de|o resultado de] {sum}",
    "?quanto [vale|dá|são] {sum}",
    "fazer a conta {sum}",
    "[achar|encontrar] o valor de {sum}",
)

FAMILIES: tuple[SumFamily, ...] = (
    SumFamily("bare_add", "{a}+{b}", BARE_EN, BARE_PT, 8, decimals=True),
    SumFamily("bare_subtract", "{a}-{b}", BARE_EN, BARE_PT, 8, decimals=True),
    SumFamily("bare_multiply", "{a}*{b}", BARE_EN, BARE_PT, 8, decimals=True),
    SumFamily("bare_divide", "{a}/{b}", BARE_EN, BARE_PT, 8, decimals=True, divides=True, least=1),
    SumFamily("chain", "", BARE_EN, BARE_PT, 8),
    SumFamily(
        "zero",
        "{a}/0",
        (
            "!{sum}",
            "?what is {sum}",
            "?how much is {a} divided by [zero|0]",
            "divide {a} by [zero|0]",
            "[calculate|compute|work out] {sum}",
            "split {a} into 0 equal parts",
        ),
        (
            "!{sum}",
            "?quanto é {sum}",
            "?quanto é {a} dividido por [zero|0]",
            "dividir {a} por [zero|0]",
            "[calcular|resolver] {sum}",
            "repartir {a} em 0 partes iguais",
        ),
        1,
    ),
    SumFamily(
        "add",
        "{a}+{b}",
        (
            "[add|sum] {a} and {b}",
            "?what is the sum of {a} and {b}",
            "?what do {a} and {b} [make|add up to|come to]",
            "!the sum of {a} and {b}",
            "[find|get|calculate] the [sum|total] of {a} and {b}",
            "?how much is {a} and {b} together",
        ),
        (
            "somar {a} [e|com|mais] {b}",
            "?qual é a soma de {a} e {b}",
            "?quanto dá {a} com {b}",
            "!a soma de {a} e {b}",
            "[achar|calcular|obter] [a soma|o total] de {a} e {b}",
            "juntar {a} e {b}",
        ),
        3,
        decimals=True,
    ),
    SumFamily(
        "subtract",
        "{a}-{b}",
        (
            "take {b} [from|away from|off] {a}",
            "subtract {b} from {a}",
            "?what is left of {a} after taking away {b}",
            "?what is the difference between {a} and {b}",
            "!{a} take away {b}",
            "[find|calculate] the difference between {a} and {b}",
        ),
        (
            "[tirar|subtrair] {b} de {a}",
            "?quanto sobra de {a} [tirando|se eu tirar] {b}",
            "?qual é a diferença entre {a} e {b}",
            "!a diferença entre {a} e {b}",
            "[achar|calcular] a diferença entre {a} e {b}",
            "diminuir {b} de {a}",
        ),
        3,
        decimals=True,
        ordered=True,
    ),
    SumFamily(
        "multiply",
        "{a}*{b}",
        (
            "multiply {a} by {b}",
            "?what is the product of {a} and {b}",
            "?what is {a} multiplied by {b}",
            "!the product of {a} and {b}",
            "[find|calculate|get] the product of {a} and {b}",
            "!{a} multiplied by {b}",
        ),
        (
            "multiplicar {a} por {b}",
            "?qual é o produto de {a} [e|por] {b}",
            "?quanto é {a} multiplicado por {b}",
            "!o produto de {a} e {b}",
            "[achar|calcular|obter] o produto de {a} e {b}",
            "!{a} multiplicado por {b}",
        ),
        3,
        decimals=True,
    ),
    SumFamily(
        "divide",
        "{a}/{b}",
        (
            "divide {a} by {b}",
            "split {a} into {b} equal parts",
            "?what is the quotient of {a} and {b}",
            "?how many times does {b} go into {a}",
            "!the quotient of {a} and {b}",
            "[find|calculate] the ratio of {a} to {b}",
        ),
        (
            "dividir {a} por {b}",
            "repartir {a} em {b} partes iguais",
            "?qual é o quociente de {a} por {b}",
            "?quantas vezes {b} cabe em {a}",
            "!o quociente de {a} por {b}",
            "[achar|calcular] a razão entre {a} e {b}",
        ),
        3,
        divides=True,
        least=1,
    ),
    SumFamily(
        "remainder",
        "{a}%{b}",
        (
            "?what is the remainder of {a} [divided|when divided] by {b}",
            "?what is {a} mod {b}",
            "!{a} mod {b}",
            "!the remainder of {a} divided by {b}",
            "[find|calculate|get] the remainder of {a} divided by {b}",
            "?what is left over when {a} is divided by {b}",
        ),
        (
            "?qual é o resto de {a} [dividido por|por] {b}",
            "?quanto é {a} mod {b}",
            "!{a} mod {b}",
            "!o resto da divisão de {a} por {b}",
            "[achar|calcular|obter] o resto da divisão de {a} por {b}",
            "?quanto sobra ao dividir {a} por {b}",
        ),
        2,
        least=1,
    ),
    SumFamily(
        "percent",
        "{a}*{b}/100",
        (
            "?what is {b}% of {a}",
            "?how much is {b} percent of {a}",
            "!{b}% of {a}",
            "[calculate|find|work out] {b}% of {a}",
            "take {b} percent of {a}",
            "!{b} percent of {a}",
        ),
        (
            "?quanto é {b}% de {a}",
            "?qual é o valor de {b} por cento de {a}",
            "!{b}% de {a}",
            "[calcular|achar|obter] {b}% de {a}",
            "tirar {b} por cento de {a}",
            "!{b} por cento de {a}",
        ),
        4,
        least=1,
    ),
    SumFamily(
        "story_add",
        "{a}+{b}",
        (
            "!{who} has {a} {things} and [gets|buys|finds|wins] {b} more. How many {things} does {who} have now?",
            "!{who} [bought|found|collected] {a} {things} on Monday and {b} on Tuesday. How many in all?",
            "!There are {a} {things} in one box and {b} in another. How many {things} are there [in total|altogether]?",
            "!If {who} has {a} {things} and I have {b}, how many do we have together?",
            "!A shop had {a} {things} and received {b} more. How many has it now?",
        ),
        (
            "!{who} tem {a} {things} e [ganha|compra|recebe] mais {b}. Com quantos {things} {who} fica?",
            "!{who} [comprou|achou|juntou] {a} {things} na segunda e {b} na terça. Quantos ao todo?",
            "!Há {a} {things} numa caixa e {b} em outra. Quantos {things} há [no total|ao todo]?",
            "!Se {who} tem {a} {things} e eu tenho {b}, quantos temos juntos?",
            "!Uma loja tinha {a} {things} e recebeu mais {b}. Quantos tem agora?",
        ),
        3,
        least=2,
    ),
    SumFamily(
        "story_subtract",
        "{a}-{b}",
        (
            "!{who} has {a} {things} and [gives away|loses|sells|uses] {b}. How many {things} are left?",
            "!{who} had {a} {things} and [gave|sold] {b} to a friend. How many does {who} still have?",
            "!Of {a} {things}, {b} were [sold|lost|used]. How many remain?",
            "!A box held {a} {things}; {who} took out {b}. How many are still in it?",
            "!{who} needs {a} {things} and already has {b}. How many are missing?",
        ),
        (
            "!{who} tem {a} {things} e [dá|perde|vende|usa] {b}. Quantos {things} sobram?",
            "!{who} tinha {a} {things} e [deu|vendeu] {b} a um amigo. Com quantos {who} ficou?",
            "!De {a} {things}, {b} foram [vendidos|perdidos|usados]. Quantos restam?",
            "!Uma caixa tinha {a} {things}; {who} tirou {b}. Quantos ainda estão nela?",
            "!{who} precisa de {a} {things} e já tem {b}. Quantos faltam?",
        ),
        3,
        ordered=True,
        least=2,
    ),
    SumFamily(
        "story_multiply",
        "{a}*{b}",
        (
            "!There are {a} boxes with {b} {things} each. How many {things} are there [in total|altogether]?",
            "!{who} buys {a} packs of {b} {things}. How many {things} is that?",
            "!{who} [makes|sells|collects] {a} {things} a day. How many in {b} days?",
            "!Each of {a} [children|friends|people] has {b} {things}. How many do they have together?",
            "!If one ticket costs {a} dollars, how much do {b} tickets cost?",
        ),
        (
            "!Há {a} caixas com {b} {things} cada. Quantos {things} há [no total|ao todo]?",
            "!{who} compra {a} pacotes de {b} {things}. Quantos {things} são?",
            "!{who} [faz|vende|junta] {a} {things} por dia. Quantos em {b} dias?",
            "!Cada uma de {a} [crianças|pessoas] tem {b} {things}. Quantos elas têm juntas?",
            "!Se um ingresso custa {a} reais, quanto custam {b} ingressos?",
        ),
        3,
        least=2,
    ),
    SumFamily(
        "story_divide",
        "{a}/{b}",
        (
            "!{who} shares {a} {things} equally among {b} [friends|children|people]. How many does each get?",
            "!{a} {things} are packed into {b} boxes. How many in each box?",
            "!{who} [uses|makes|sells] {a} {things} in {b} days. How many a day?",
            "!{b} people pay {a} dollars together. How much does each pay?",
            "!Divide {a} {things} among {b} [bags|shelves|groups]. How many in each?",
        ),
        (
            "!{who} divide {a} {things} igualmente entre {b} [amigos|crianças|pessoas]. Quantos cada um recebe?",
            "!{a} {things} são guardados em {b} caixas. Quantos em cada caixa?",
            "!{who} [usa|faz|vende] {a} {things} em {b} dias. Quantos por dia?",
            "!{b} pessoas pagam {a} reais juntas. Quanto cada uma paga?",
            "!Divida {a} {things} em {b} [sacos|prateleiras|grupos]. Quantos em cada um?",
        ),
        3,
        divides=True,
        least=2,
    ),
)
