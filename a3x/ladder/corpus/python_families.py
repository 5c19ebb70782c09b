"""What the python skill knows: one canonical short answer per family and the ways of asking for it.

Pure data, in the pattern language of ``doing``. A family whose answer defines ``{func}`` is asked for by what the
function does (third person); the others by what to do (verb phrase).
"""

from __future__ import annotations

from a3x.ladder.corpus.doing import Family as F

RETURNS = "[returns|gives|computes]"
DEVOLVE = "[devolve|retorna|calcula]"


def _function(name: str, body: str, en: tuple[str, ...], pt: tuple[str, ...]) -> F:
    """A family of functions; ``R `` and ``D `` at the start of a description stand for the usual verbs."""
    return F(
        name,
        f"def {{func}}{body}",
        tuple(text.replace("R ", f"{RETURNS} ", 1) if text.startswith("R ") else text for text in en),
        tuple(text.replace("D ", f"{DEVOLVE} ", 1) if text.startswith("D ") else text for text in pt),
    )


FUNCTIONS = (
    _function(
        "sum_list",
        "(xs):\n    return sum(xs)",
        (
            "R the [sum|total] of a list",
            "sums [a list|the numbers of a list]",
            "adds [up|] all numbers in a list",
            "R the [sum|total] of all items in a list",
        ),
        (
            "D a soma [de uma lista|dos itens de uma lista]",
            "soma [uma lista|os números de uma lista]",
            "D o total de uma lista de números",
            "soma todos os [itens|elementos] de uma lista",
        ),
    ),
    _function(
        "max_list",
        "(xs):\n    return max(xs)",
        (
            "R the [largest|biggest|greatest] [item|number|element] of a list",
            "R the maximum of a list",
            "finds the [largest|biggest|maximum] [item|number|value] in a list",
            "picks the [largest|highest] value of a list",
        ),
        (
            "D o maior [item|número|elemento|valor] de uma lista",
            "D o máximo de uma lista",
            "[acha|encontra] o maior [item|número|valor] de uma lista",
            "escolhe o maior valor de uma lista",
        ),
    ),
    _function(
        "min_list",
        "(xs):\n    return min(xs)",
        (
            "R the [smallest|least|lowest] [item|number|element] of a list",
            "R the minimum of a list",
            "finds the [smallest|lowest|minimum] [item|number|value] in a list",
            "picks the [smallest|lowest] value of a list",
        ),
        (
            "D o menor [item|número|elemento|valor] de uma lista",
            "D o mínimo de uma lista",
            "[acha|encontra] o menor [item|número|valor] de uma lista",
            "escolhe o menor valor de uma lista",
        ),
    ),
    _function(
        "reverse_string",
        "(text):\n    return text[::-1]",
        (
            "reverses a [string|text|word]",
            "R a [string|text] [reversed|backwards|in reverse]",
            "turns a [string|text|word] around",
            "flips [the letters of|] a [string|word]",
        ),
        (
            "inverte [uma string|um texto|uma palavra]",
            "[devolve|retorna] [uma string|um texto] [invertida|de trás para frente]",
            "põe [uma string|um texto|uma palavra] de trás para frente",
            "vira [uma string|uma palavra] ao contrário",
        ),
    ),
    _function(
        "count_vowels",
        '(text):\n    return sum(1 for c in text.lower() if c in "aeiou")',
        (
            "counts the vowels [in|of] a [string|text|word]",
            "R the number of vowels [in|of] a [string|text|word]",
            "tells how many vowels a [string|text|word] has",
            "R how many vowels are in a [string|text]",
        ),
        (
            "conta as vogais de [uma string|um texto|uma palavra]",
            "D o número de vogais de [uma string|um texto|uma palavra]",
            "diz quantas vogais [uma string|um texto|uma palavra] tem",
            "D quantas vogais há em [uma string|um texto]",
        ),
    ),
    _function(
        "even_filter",
        "(xs):\n    return [x for x in xs if x % 2 == 0]",
        (
            "[keeps|returns] only the even [numbers|items] of a list",
            "R the even [numbers|items] of a list",
            "filters the even [numbers|items] [of|in|from] a list",
            "drops the odd numbers [of|from] a list",
        ),
        (
            "[mantém|devolve|retorna] só os [números|itens] pares de uma lista",
            "[devolve|retorna] os [números|itens] pares de uma lista",
            "filtra os [números|itens] pares de uma lista",
            "tira os números ímpares de uma lista",
        ),
    ),
    _function(
        "factorial",
        "(n):\n    return 1 if n < 2 else n * {func}(n - 1)",
        (
            "R the factorial of [n|a number]",
            "[computes|calculates] n factorial",
            "R n!",
            "[calculates|works out] the factorial of [n|a number] recursively",
        ),
        (
            "D o fatorial de [n|um número]",
            "calcula n fatorial",
            "D n!",
            "[calcula|acha] o fatorial de [n|um número] por recursão",
        ),
    ),
    _function(
        "fibonacci",
        "(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a",
        (
            "R the [n-th|nth] [fibonacci number|number of fibonacci]",
            "R fibonacci of n",
            "[calculates|works out] the [n-th|nth] fibonacci number",
            "gives element n of the fibonacci [sequence|series]",
        ),
        (
            "D o n-ésimo [número de fibonacci|fibonacci]",
            "D fibonacci de n",
            "[calcula|acha] o n-ésimo número de fibonacci",
            "dá o elemento n da [sequência|série] de fibonacci",
        ),
    ),
    _function(
        "is_prime",
        "(n):\n    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))",
        (
            "[checks|tests|tells] [if|whether] [n|a number] is prime",
            "[returns|gives] True if [n|a number] is prime",
            "says whether [n|a number] is a prime [number|]",
            "is true for prime numbers [only|]",
        ),
        (
            "[verifica|testa|diz] se [n|um número] é primo",
            "[devolve|retorna] True se [n|um número] for primo",
            "[diz|informa] se [n|um número] é um número primo",
            "é verdadeira [só|apenas|] para números primos",
        ),
    ),
    _function(
        "word_count",
        "(text):\n    return len(text.split())",
        (
            "counts the words [in|of] a [string|text|sentence]",
            "R the number of words [in|of] a [string|text|sentence]",
            "tells how many words a [string|text|sentence] has",
            "R how many words are in a [text|sentence]",
        ),
        (
            "conta as palavras de [uma string|um texto|uma frase]",
            "D o número de palavras de [uma string|um texto|uma frase]",
            "diz quantas palavras [uma string|um texto|uma frase] tem",
            "D quantas palavras há em [um texto|uma frase]",
        ),
    ),
    _function(
        "palindrome",
        "(text):\n    return text == text[::-1]",
        (
            "[checks|tests|tells] [if|whether] a [string|word|text] is a palindrome",
            "[returns|gives] True if a [string|word] is a palindrome",
            "says whether a [word|string] reads the same backwards",
            "is true for palindromes [only|]",
        ),
        (
            "[verifica|testa|diz] se [uma string|uma palavra|um texto] é um palíndromo",
            "[devolve|retorna] True se [uma string|uma palavra] for um palíndromo",
            "diz se [uma palavra|uma string] é igual de trás para frente",
            "é verdadeira [só|apenas|] para palíndromos",
        ),
    ),
    _function(
        "gcd",
        "(a, b):\n    while b:\n        a, b = b, a % b\n    return a",
        (
            "R the [greatest common divisor|gcd] of [a and b|two numbers]",
            "[calculates|finds] the gcd [of a and b|of two numbers|]",
            "finds the [largest|greatest] common divisor of [a and b|two numbers]",
            "uses Euclid to find the gcd",
        ),
        (
            "D o [máximo divisor comum|mdc] [de a e b|de dois números]",
            "[acha|encontra] o mdc [de a e b|de dois números|]",
            "[acha|encontra] o maior divisor comum [de a e b|de dois números]",
            "usa Euclides para achar o mdc",
        ),
    ),
    _function(
        "celsius",
        "(c):\n    return c * 9 / 5 + 32",
        (
            "converts [celsius|degrees celsius|a temperature in celsius] to fahrenheit",
            "turns celsius into fahrenheit",
            "R the fahrenheit [value|temperature] of c degrees celsius",
            "changes [celsius|degrees celsius] to fahrenheit",
        ),
        (
            "converte [celsius|graus celsius|uma temperatura em celsius] para fahrenheit",
            "transforma celsius em fahrenheit",
            "D [o valor|a temperatura] em fahrenheit de c graus celsius",
            "passa [celsius|graus celsius] para fahrenheit",
        ),
    ),
    _function(
        "flatten",
        "(xss):\n    return [x for xs in xss for x in xs]",
        (
            "flattens a list [of lists|]",
            "turns a list of lists into [one|a single|a flat] list",
            "joins [all|the] lists [in|of] a list [into one|]",
            "R one list with the items of all inner lists",
        ),
        (
            "achata uma lista [de listas|]",
            "transforma uma lista de listas em [uma só|uma única] lista",
            "junta [todas|] as listas de uma lista [em uma só|]",
            "[devolve|retorna] uma só lista com os itens das listas internas",
        ),
    ),
    _function(
        "unique",
        "(xs):\n    return list(dict.fromkeys(xs))",
        (
            "removes [duplicates|repeated items] from a list",
            "R the [unique|distinct] items of a list",
            "drops [duplicates|repeated items] from a list [and keeps the order|]",
            "R a list without [duplicates|repetitions]",
        ),
        (
            "remove [duplicatas|itens repetidos] de uma lista",
            "[devolve|retorna] os itens [únicos|distintos] de uma lista",
            "tira [as duplicatas|os itens repetidos] de uma lista [e mantém a ordem|]",
            "[devolve|retorna] uma lista sem [duplicatas|repetições]",
        ),
    ),
    _function(
        "average",
        "(xs):\n    return sum(xs) / len(xs)",
        (
            "R the [average|mean] of a list",
            "[calculates|finds] the [average|mean] of [a list|the numbers in a list]",
            "averages [a list|the numbers in a list]",
            "R the arithmetic mean of [a list|numbers]",
        ),
        (
            "D a média de uma lista",
            "[calcula|acha] a média [de uma lista|dos números de uma lista]",
            "tira a média [de uma lista|dos números de uma lista]",
            "D a média aritmética [de uma lista|de números]",
        ),
    ),
    _function(
        "squares",
        "(n):\n    return [x * x for x in range(n)]",
        (
            "R [a list of|the list of] the first n squares[, from 0| starting at 0|]",
            "R the squares of the numbers [below|from 0 up to] n",
            "lists the squares of [all numbers|the numbers] below n",
            "makes a list of squares below n",
        ),
        (
            "[devolve|retorna] [a lista|uma lista] dos n primeiros quadrados[, a partir de 0|]",
            "D os quadrados dos números [abaixo de|menores que] n",
            "lista os quadrados [de todos os números|dos números] menores que n",
            "faz uma lista de quadrados dos números abaixo de n",
        ),
    ),
    _function(
        "multiply_by",
        "(x):\n    return x * {num}",
        (
            "multiplies [x|a number|its argument] by {num}",
            "R [x|a number|its argument] times {num}",
            "R {num} times [x|its argument]",
            "takes x and gives back x times {num}",
        ),
        (
            "multiplica [x|um número|o argumento] por {num}",
            "[devolve|retorna] [x|um número|o argumento] vezes {num}",
            "D {num} vezes [x|o argumento]",
            "recebe x e dá x vezes {num}",
        ),
    ),
    _function(
        "add_to",
        "(x):\n    return x + {num}",
        (
            "adds {num} to [x|a number|its argument]",
            "R [x|a number|its argument] plus {num}",
            "[raises|increases] [x|a number|its argument] by {num}",
            "takes x and gives back x plus {num}",
        ),
        (
            "soma {num} a [x|um número]",
            "[devolve|retorna] [x|um número|o argumento] mais {num}",
            "aumenta [x|um número|o argumento] em {num}",
            "recebe x e dá x mais {num}",
        ),
    ),
    _function(
        "greater_than",
        "(xs):\n    return [x for x in xs if x > {num}]",
        (
            "[keeps|returns] only the [numbers|items] [greater|larger] than {num}",
            "filters the [numbers|items] [above|greater than] {num} [of|in|from] a list",
            "R the [numbers|items] of a list [above|over|greater than] {num}",
            "drops the [numbers|items] up to {num} from a list",
        ),
        (
            "[mantém|devolve|retorna] só os [números|itens] maiores que {num}",
            "filtra os [números|itens] [acima de|maiores que] {num} de uma lista",
            "[devolve|retorna] os [números|itens] de uma lista [acima de|maiores que] {num}",
            "tira os [números|itens] até {num} de uma lista",
        ),
    ),
    _function(
        "is_even",
        "(n):\n    return n % 2 == 0",
        (
            "[checks|tests|tells] [if|whether] [n|a number] is even",
            "[returns|gives] True if [n|a number] is even",
            "says whether [n|a number] is even or not",
            "is true for even numbers [only|]",
        ),
        (
            "[verifica|testa|diz] se [n|um número] é par",
            "[devolve|retorna] True se [n|um número] for par",
            "diz se [n|um número] é par ou não",
            "é verdadeira [só|apenas|] para números pares",
        ),
    ),
    _function(
        "read_lines",
        "(path):\n    with open(path) as f:\n        return f.read().splitlines()",
        (
            "reads [the lines of|all lines of|] a file [into a list|as a list of lines]",
            "R the lines of a [text|] file",
            "R a list [of|with] the lines of a file",
            "opens a file and returns its lines",
        ),
        (
            "lê [as linhas de|todas as linhas de] um arquivo [em uma lista|]",
            "[devolve|retorna] as linhas de um arquivo [de texto|]",
            "[devolve|retorna] uma lista com as linhas de um arquivo",
            "abre um arquivo e devolve as suas linhas",
        ),
    ),
    _function(
        "to_int",
        "(text):\n    try:\n        return int(text)\n    except ValueError:\n        return {num}",
        (
            "converts [a string|text] to int[, or returns| and returns] {num} [if it fails|on error]",
            "turns [a string|text] into an int, {num} [on error|if that fails|if it is no number]",
            "tries int(text) and [gives|returns] {num} [on ValueError|on error]",
            "parses an integer with {num} as [the default|fallback]",
        ),
        (
            "converte [uma string|texto] para int [e devolve|ou devolve] {num} [se falhar|em caso de erro]",
            "transforma [uma string|texto] em int, ou {num} [se der erro|se não for número]",
            "tenta int(text) e [dá|devolve] {num} [em ValueError|se der erro]",
            "lê um inteiro com {num} como [padrão|valor padrão]",
        ),
    ),
    _function(
        "count_char",
        '(text):\n    return text.lower().count("{letter}")',
        (
            "counts [the letter|] {letter} in a [string|text|word]",
            "R how [many times|often] {letter} [appears|occurs] in a [string|text|word]",
            "tells how many {letter} a [word|text|string] has",
            "R the number of times {letter} is in a [text|string]",
        ),
        (
            "conta [a letra|] {letter} em [uma string|um texto|uma palavra]",
            "D quantas vezes {letter} aparece em [uma string|um texto|uma palavra]",
            "diz quantos {letter} [uma palavra|um texto] tem",
            "D o número de vezes que {letter} aparece em [uma string|um texto]",
        ),
    ),
    _function(
        "countdown",
        "(n):\n    while n > 0:\n        print(n)\n        n -= 1",
        (
            "counts down from n [to 1|] [and prints each number|with print]",
            "prints [n, n - 1 and so on down to 1|the numbers from n down to 1]",
            "prints a countdown [from n|starting at n]",
            "prints the numbers n to 1 [in reverse|backwards|going down]",
        ),
        (
            "conta de n até 1 [em ordem decrescente|imprimindo cada número]",
            "imprime os números de n [até|a] 1",
            "imprime uma contagem regressiva [a partir de n|de n a 1]",
            "faz uma contagem regressiva [com print|imprimindo] de n a 1",
        ),
    ),
    _function(
        "sort_by",
        '(items):\n    return sorted(items, key=lambda item: item["{key}"])',
        (
            "sorts [a list of|] dictionaries by [the key|key|] {key}",
            "R [the items|a list of dicts] sorted by {key}",
            "orders a list of dicts by [their|the] {key}",
            "sorts items by [their|the key] {key}",
        ),
        (
            "ordena [uma lista de|] dicionários [pela chave|por] {key}",
            "[devolve|retorna] [os itens|uma lista de dicts] em ordem de {key}",
            "[põe|coloca] uma lista de dicts em ordem de {key}",
            "ordena itens pela chave {key}",
        ),
    ),
)

SNIPPETS = (
    F(
        "swap",
        "{name}, {name2} = {name2}, {name}",
        (
            "swap {name} and {name2}",
            "swap [the variables|the values of] {name} and {name2}",
            "exchange [the values of|] {name} and {name2}",
            "make {name} and {name2} [trade|change] places",
            "switch the values of {name} and {name2}",
        ),
        (
            "trocar {name} [e|com] {name2}",
            "trocar os valores de {name} e {name2}",
            "inverter os valores [de|das variáveis] {name} e {name2}",
            "fazer {name} e {name2} trocarem de lugar",
            "trocar as variáveis {name} e {name2}",
        ),
    ),
    F(
        "print_range",
        "for i in range(1, {num} + 1):\n    print(i)",
        (
            "print [the|all|] numbers [from 1 to|1 to|up to] {num}",
            "count from 1 to {num}",
            "loop [from|over] 1 to {num} and print each number",
            "print 1 to {num} with a loop",
            "write a loop that prints 1 to {num}",
        ),
        (
            "imprimir [os|todos os] números de 1 [a|até] {num}",
            "contar de 1 [a|até] {num}",
            "fazer um laço de 1 [a|até] {num} que imprime cada número",
            "imprimir de 1 [a|até] {num} com um laço",
            "mostrar os números de 1 até {num}",
        ),
    ),
    F(
        "print_times",
        'for _ in range({num}):\n    print("{single}")',
        (
            "print {single} {num} times",
            "repeat print {single} {num} times",
            "loop {num} times and print {single}",
            "show the word {single} {num} times",
            "write {single} on {num} lines [with a loop|]",
        ),
        (
            "imprimir {single} {num} vezes",
            "repetir {num} vezes o print de {single}",
            "fazer um laço de {num} vezes que imprime {single}",
            "mostrar a palavra {single} {num} vezes",
            "escrever {single} em {num} linhas [com um laço|]",
        ),
    ),
    F(
        "print_text",
        'print("{single}")',
        (
            "print [the text|the word|] {single}",
            "[show|output|display] {single} on the screen",
            "write a program that prints {single}",
            "print the string {single}",
            "print {single} to the [screen|terminal]",
        ),
        (
            "imprimir [o texto|a palavra|] {single}",
            "[mostrar|exibir] {single} na tela",
            "escrever um programa que imprime {single}",
            "imprimir a string {single}",
            "dar print em {single}",
        ),
    ),
    F(
        "list_squares",
        "{name} = [i * i for i in range({num})]",
        (
            "make a list {name} of the first {num} squares",
            "put the squares of 0 to {num} (exclusive) in {name}",
            "create {name} with the squares of range({num})",
            "fill {name} with the squares of [the numbers|all numbers] below {num}",
            "build the list {name} of squares below {num} [with a comprehension|]",
        ),
        (
            "fazer uma lista {name} com os {num} primeiros quadrados",
            "pôr os quadrados de range({num}) em {name}",
            "criar {name} com os quadrados de range({num})",
            "encher {name} com os quadrados dos números [abaixo de|menores que] {num}",
            "criar a lista {name} de quadrados dos números abaixo de {num}",
        ),
    ),
    F(
        "dict_lengths",
        "{name2} = {word: len(word) for word in {name}}",
        (
            "make a dict {name2} from each word in {name} to its length",
            "map each word of {name} to its length in {name2}",
            "build {name2}, a dict of [word lengths|the lengths of the words] from {name}",
            "create a [dict|dictionary] {name2} with the length of each word in {name}",
            "use a dict comprehension: {name2} has the length of each word of {name}",
        ),
        (
            "fazer um dict {name2} de cada palavra de {name} para o seu tamanho",
            "ligar cada palavra de {name} ao seu tamanho em {name2}",
            "montar {name2}, um dict com o tamanho das palavras de {name}",
            "criar um [dict|dicionário] {name2} com o tamanho de cada palavra de {name}",
            "usar dict comprehension: {name2} tem o tamanho de cada palavra de {name}",
        ),
    ),
    F(
        "join_list",
        '{name2} = "{sep}".join({name})',
        (
            "join the list {name} with {sep} into {name2}",
            "join [the strings in|the items of] {name} with {sep} [as|into] {name2}",
            "make the string {name2} from the list {name} [with the separator|separated by] {sep}",
            "put {sep} between the items of {name} and store it in {name2}",
            "glue the strings of {name} together with {sep} into {name2}",
        ),
        (
            "juntar a lista {name} com {sep} em {name2}",
            "juntar [as strings de|os itens de] {name} com {sep} em {name2}",
            "fazer a string {name2} com a lista {name} [com o separador|separada por] {sep}",
            "pôr {sep} entre os itens de {name} e ~guardar em {name2}",
            "unir as strings de {name} com {sep} em {name2}",
        ),
    ),
    F(
        "sort_list",
        "{name}.sort()",
        (
            "sort the list {name} [in place|]",
            "put the list {name} in order",
            "order the [items|elements] of {name} [in place|]",
            "sort {name} [in place|from smallest to largest]",
            "arrange the list {name} in ascending order",
        ),
        (
            "ordenar a lista {name}",
            "[pôr|colocar] a lista {name} em ordem",
            "ordenar os [itens|elementos] de {name}",
            "ordenar {name} [no lugar|do menor para o maior]",
            "arrumar a lista {name} em ordem crescente",
        ),
    ),
    F(
        "sort_reverse",
        "{name}.sort(reverse=True)",
        (
            "sort the list {name} in [reverse|descending order|reverse order]",
            "put the list {name} in descending order",
            "order the [items|elements] of {name} from largest to smallest",
            "sort {name} from largest to smallest",
            "arrange the list {name} in descending order",
        ),
        (
            "ordenar a lista {name} em ordem [inversa|decrescente|reversa]",
            "[pôr|colocar] a lista {name} em ordem decrescente",
            "ordenar os [itens|elementos] de {name} do maior para o menor",
            "ordenar {name} do maior para o menor",
            "arrumar a lista {name} em ordem decrescente",
        ),
    ),
    F(
        "append",
        "{name}.append({num})",
        (
            "append {num} to [the list|] {name}",
            "add {num} to [the end of|the list] {name}",
            "put {num} at the end of [the list|] {name}",
            "push {num} onto the list {name}",
            "make {num} the last item of [the list|] {name}",
        ),
        (
            "acrescentar {num} [à lista|a|no fim de] {name}",
            "adicionar {num} [à lista|ao fim da lista] {name}",
            "[pôr|colocar] {num} no fim [de|da lista] {name}",
            "incluir {num} na lista {name}",
            "fazer de {num} o último item [de|da lista] {name}",
        ),
    ),
    F(
        "write_file",
        'with open("{file}", "w") as f:\n    f.write("{single}")',
        (
            "write {single} to [the file|] {file}",
            "save [the text|] {single} in [the file|] {file}",
            "open {file} and write {single} [to it|in it]",
            "create [the file|] {file} with the text {single}",
            "store [the string|] {single} in {file}",
        ),
        (
            "escrever {single} [no arquivo|em] {file}",
            "salvar [o texto|] {single} [no arquivo|em] {file}",
            "abrir {file} e ~escrever {single}",
            "criar [o arquivo|] {file} com o texto {single}",
            "guardar [a string|] {single} em {file}",
        ),
    ),
    F(
        "read_file",
        'with open("{file}") as f:\n    {name} = f.read()',
        (
            "read [the file|] {file} into {name}",
            "load the [text|contents] of {file} into {name}",
            "open {file} and read it into {name}",
            "put the [text|contents] of {file} in [the variable|] {name}",
            "store what is in {file} in {name}",
        ),
        (
            "ler [o arquivo|] {file} [em|para] {name}",
            "carregar o [texto|conteúdo] de {file} em {name}",
            "abrir {file} e ~ler em {name}",
            "[pôr|guardar] o [texto|conteúdo] de {file} [em|na variável] {name}",
            "colocar em {name} o que está em {file}",
        ),
    ),
    F(
        "json_load",
        'import json\n\nwith open("{file}") as f:\n    {name} = json.load(f)',
        (
            "load the json [file|] {file} into {name}",
            "read json from {file} into {name}",
            "parse the json in {file} [as|into] {name}",
            "open the json file {file} and load it into {name}",
            "put the json data of {file} in {name}",
        ),
        (
            "carregar o json [do arquivo|de] {file} em {name}",
            "ler json de {file} em {name}",
            "interpretar o json de {file} como {name}",
            "abrir o arquivo json {file} e ~carregar em {name}",
            "[pôr|colocar] os dados json de {file} em {name}",
        ),
    ),
    F(
        "json_dump",
        'import json\n\nwith open("{file}", "w") as f:\n    json.dump({name}, f)',
        (
            "save {name} as json [in|to] {file}",
            "write {name} to {file} as json",
            "dump {name} [as json|in json] [to|into] {file}",
            "store {name} in the json file {file}",
            "put {name} in {file} as json",
        ),
        (
            "salvar {name} como json em {file}",
            "escrever {name} em {file} como json",
            "gravar {name} em json [no arquivo|em] {file}",
            "guardar {name} no arquivo json {file}",
            "[pôr|colocar] {name} em {file} como json",
        ),
    ),
    F(
        "random_choice",
        "import random\n\n{name2} = random.choice({name})",
        (
            "pick a random [item|element] of {name} into {name2}",
            "choose [a random item|one item at random] from {name} and put it in {name2}",
            "set {name2} to a random [item|element] of {name}",
            "draw {name2} at random from [the list|] {name}",
            "let {name2} be a random element of {name}",
        ),
        (
            "escolher um [item|elemento] [aleatório|ao acaso] de {name} em {name2}",
            "sortear um [item|elemento] de {name} e ~guardar em {name2}",
            "fazer {name2} ser um [item|elemento] aleatório de {name}",
            "sortear {name2} [da lista|de] {name}",
            "pegar um elemento de {name} ao acaso e ~pôr em {name2}",
        ),
    ),
    F(
        "class_attribute",
        "class {cls}:\n    def __init__(self, {name}):\n        self.{name} = {name}",
        (
            "[write|create|make|define] a class {cls} with [an|the] attribute {name}",
            "[write|create|define] a class [called|named] {cls} that [stores|keeps|has] {name}",
            "define {cls}, a class with {name} [as its attribute|in its constructor]",
            "make a class {cls} whose constructor takes {name}",
            "create the class {cls} with the field {name}",
        ),
        (
            "[escrever|criar|fazer|definir] uma classe {cls} com [o|um] atributo {name}",
            "[escrever|criar|definir] uma classe chamada {cls} que [guarda|tem] {name}",
            "definir {cls}, uma classe com {name} no construtor",
            "fazer uma classe {cls} cujo construtor recebe {name}",
            "criar a classe {cls} com o campo {name}",
        ),
    ),
    F(
        "set_variable",
        "{name} = {num}",
        (
            "set [the variable|] {name} to {num}",
            "assign {num} to [the variable|] {name}",
            "[create|make] a variable {name} [with value|equal to] {num}",
            "store {num} in [the variable|] {name}",
            "give [the variable|] {name} the value {num}",
        ),
        (
            "definir [a variável|] {name} como {num}",
            "atribuir {num} a {name}",
            "criar uma variável {name} [com valor|igual a] {num}",
            "guardar {num} [na variável|em] {name}",
            "dar à variável {name} o valor {num}",
        ),
    ),
    F(
        "enumerate",
        "for i, {name2} in enumerate({name}):\n    print(i, {name2})",
        (
            "loop over {name} as {name2} and print [the index too|index and item]",
            "print each {name2} of {name} with its [index|position]",
            "go through {name} with enumerate, calling each item {name2}",
            "print index and {name2} for [each|every] {name2} in {name}",
            "enumerate {name} and print [the index|the position] and {name2}",
        ),
        (
            "percorrer {name} como {name2} e ~imprimir [o índice também|índice e item]",
            "imprimir cada {name2} de {name} com o seu [índice|lugar]",
            "percorrer {name} com enumerate, chamando cada item de {name2}",
            "imprimir índice e {name2} para cada {name2} em {name}",
            "enumerar {name} e ~imprimir [o índice|a posição] e {name2}",
        ),
    ),
)
