"""Benchmark items written by hand, in wordings of their own. Pure data; ``build_suites`` makes items of it.

Answers keep the forms the seed model gives: a bare value, one fenced command, short code, a tool call.
"""

from __future__ import annotations

from typing import Any

ABSENT = ("I don't know: it is not in the text.", "Não sei: não está no texto.")
NOT_YET = ("I don't know that yet. Tell me and I will remember.", "Ainda não sei. Me conte e eu vou lembrar.")

ROWS = "anna,31,Oslo\nbert,27,Lima\ncleo,45,Oslo\n"
LOG = "start ok\nwarning disk 91\nstart ok\nerror fan 2\nwarning disk 95\nstop ok\n"

CLI: tuple[dict[str, Any], ...] = (
    {
        "lang": "en",
        "ask": "My gym log is gym-2031.txt. Which command prints only its opening 4 lines?",
        "gold": "head -n 4 gym-2031.txt",
        "files": {"gym-2031.txt": "".join(f"set {n}\n" for n in range(9))},
    },
    {
        "lang": "en",
        "ask": "The last 6 lines of boiler.trace, please, nothing else",
        "gold": "tail -n 6 boiler.trace",
        "files": {"boiler.trace": "".join(f"tick {n}\n" for n in range(20))},
    },
    {
        "lang": "en",
        "ask": "I keep recipes in soups.md and want to know how many lines that has",
        "gold": "wc -l soups.md",
        "files": {"soups.md": "leek\npea\nonion\n"},
    },
    {
        "lang": "en",
        "ask": "In furnace.log, pick out the lines that say warning",
        "gold": 'grep "warning" furnace.log',
        "files": {"furnace.log": LOG},
    },
    {
        "lang": "en",
        "ask": "How often does furnace.log have a line with ok in it? I only need the number.",
        "gold": 'grep -c "ok" furnace.log',
        "files": {"furnace.log": LOG},
    },
    {
        "lang": "en",
        "ask": "guests.csv: give me column 3 only, commas between columns",
        "gold": "cut -d, -f3 guests.csv",
        "files": {"guests.csv": ROWS},
    },
    {
        "lang": "en",
        "ask": "shift plan.old to the name plan.bak",
        "gold": "mv plan.old plan.bak",
        "files": {"plan.old": "mon\ntue\n"},
    },
    {
        "lang": "en",
        "ask": "I want an empty folder vault/keys even if vault is not there yet",
        "gold": "mkdir -p vault/keys",
        "files": {"other.txt": "x\n"},
    },
    {
        "lang": "pt",
        "ask": "Minhas rimas estão em versos.txt. Quero elas em ordem alfabética na tela.",
        "gold": "sort versos.txt",
        "files": {"versos.txt": "mar\nar\nsol\nlua\n"},
    },
    {
        "lang": "pt",
        "ask": "Duplique a planilha custos.csv com o nome custos-copia.csv",
        "gold": "cp custos.csv custos-copia.csv",
        "files": {"custos.csv": ROWS},
    },
    {
        "lang": "pt",
        "ask": "Só as 3 primeiras linhas de viagem.log, por gentileza",
        "gold": "head -n 3 viagem.log",
        "files": {"viagem.log": LOG},
    },
    {
        "lang": "pt",
        "ask": "Em que linhas de forno.log aparece error? Mostre com o número da linha.",
        "gold": 'grep -n "error" forno.log',
        "files": {"forno.log": LOG},
    },
)
"""Run in a fixture of these files; the outcome is compared with that of ``gold``."""

PYTHON: tuple[dict[str, Any], ...] = (
    {
        "lang": "en",
        "ask": "For my score board I need a Python function top_score: given a list, hand back its biggest number",
        "gold": "def top_score(xs):\n    return max(xs)",
        "after": "assert top_score([4, 11, 7]) == 11 and top_score([-2, -9]) == -2",
    },
    {
        "lang": "en",
        "ask": "Python, one function named mirrored: text in, the same text from back to front out",
        "gold": "def mirrored(text):\n    return text[::-1]",
        "after": 'assert mirrored("lamp") == "pmal" and mirrored("") == ""',
    },
    {
        "lang": "en",
        "ask": "Let shopping_total be a Python function for the sum of a list of prices",
        "gold": "def shopping_total(xs):\n    return sum(xs)",
        "after": "assert shopping_total([2, 5, 8]) == 15 and shopping_total([]) == 0",
    },
    {
        "lang": "en",
        "ask": "I have a list called queue_times in Python; put it in order, smallest first, in place",
        "gold": "queue_times.sort()",
        "before": "queue_times = [9, 3, 5]",
        "after": "assert queue_times == [3, 5, 9]",
    },
    {
        "lang": "en",
        "ask": "Python: add 77 at the end of the list lap_times",
        "gold": "lap_times.append(77)",
        "before": "lap_times = [60, 61]",
        "after": "assert lap_times == [60, 61, 77]",
    },
    {
        "lang": "en",
        "ask": "Let the Python names sunrise and sunset trade their values",
        "gold": "sunrise, sunset = sunset, sunrise",
        "before": "sunrise, sunset = 6, 20",
        "after": "assert (sunrise, sunset) == (20, 6)",
    },
    {
        "lang": "en",
        "ask": "twice_even, a Python function that is True for even numbers and False for odd ones",
        "gold": "def twice_even(n):\n    return n % 2 == 0",
        "after": "assert twice_even(8) is True and twice_even(5) is False and twice_even(0) is True",
    },
    {
        "lang": "en",
        "ask": "Get Python to print the word lighthouse, once",
        "gold": 'print("lighthouse")',
        "after": 'assert printed_lines == ["lighthouse"]',
    },
    {
        "lang": "pt",
        "ask": "Para minhas notas de prova: função media_final em Python, que dá a média de uma lista",
        "gold": "def media_final(xs):\n    return sum(xs) / len(xs)",
        "after": "assert media_final([6, 8, 10]) == 8",
    },
    {
        "lang": "pt",
        "ask": "Função mais_barato em Python: recebe uma lista de preços e entrega o menor",
        "gold": "def mais_barato(xs):\n    return min(xs)",
        "after": "assert mais_barato([30, 12, 19]) == 12",
    },
    {
        "lang": "pt",
        "ask": "Em Python, deixe a variável andares valendo 14",
        "gold": "andares = 14",
        "after": "assert andares == 14",
    },
    {
        "lang": "pt",
        "ask": "Quero em Python a função conta_palavras: quantas palavras tem um texto",
        "gold": "def conta_palavras(text):\n    return len(text.split())",
        "after": 'assert conta_palavras("o rio corre  longe") == 4 and conta_palavras("") == 0',
    },
)
"""Run after ``before``; ``after`` must hold."""

SUMS: tuple[tuple[str, str, str], ...] = (
    ("en", "A crate holds 36 jars and I carry 18 crates. Jars in all?", "18*36"),
    ("en", "My lamp burned 4127 hours, the bulb is good for 6000. Hours left?", "6000-4127"),
    ("en", "Tell me, 8835 and 1966 together make?", "8835+1966"),
    ("en", "We are 7 and win 3151 points, split evenly: my part?", "3151/7"),
    ("pt", "Cada ônibus leva 44 alunos e temos 23 ônibus. Quantos alunos cabem?", "23*44"),
    ("pt", "Eu tinha 5210 reais e gastei 1874. Com quanto fiquei?", "5210-1874"),
    ("pt", "Juntando 7391 com 2648 chego a quanto?", "7391+2648"),
)
"""Language, question, expression for the calculator."""

CALLS: tuple[dict[str, Any], ...] = (
    {
        "lang": "en",
        "system": "tools: open_gate(person, time), send_report(date)",
        "ask": "Please open the gate for Wanda at 06:25",
        "call": {"name": "open_gate", "arguments": {"person": "Wanda", "time": "06:25"}},
    },
    {
        "lang": "en",
        "system": "tools: start_timer(count), cancel_meeting(room)",
        "ask": "please cancel the meeting in room Juniper",
        "call": {"name": "cancel_meeting", "arguments": {"room": "Juniper"}},
    },
    {
        "lang": "pt",
        "system": "ferramentas: criar_nota(pessoa), mover_tarefa(data)",
        "ask": "quero criar a nota para Wanda",
        "call": {"name": "criar_nota", "arguments": {"pessoa": "Wanda"}},
    },
)
FIELDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("en", "Person and age as JSON, please: Ottilie is 57 years old.", {"person": "Ottilie", "age": 57}),
    ("pt", "Quero nome e cidade em JSON: Valdir mora em Sobral.", {"nome": "Valdir", "cidade": "Sobral"}),
)

READING: tuple[dict[str, Any], ...] = (
    {
        "lang": "en",
        "ask": "Note from the landlord: the code of the bike shed is 90417. The boiler room has no code.\n"
        "What code does the bike shed have?",
        "gold": "90417",
    },
    {
        "lang": "en",
        "ask": "Text: Ludmila keeps the spare keys. Anton waters the plants.\nQuestion: Who waters the plants?",
        "gold": "Anton",
    },
    {
        "lang": "en",
        "ask": "Text: Ludmila keeps the spare keys. Anton waters the plants.\nQuestion: Who feeds the fish?",
        "gold": ABSENT[0],
        "accept": [NOT_YET[0]],
    },
    {
        "lang": "en",
        "system": "Notes:\n- The user's dentist is Marlow.\n- The user's locker number is 2276.",
        "ask": "which number is on my locker?",
        "gold": "2276",
    },
    {
        "lang": "en",
        "system": "Notes:\n- The ferry to Hvar leaves at 07:50.\n- The ferry to Vis leaves at 11:15.",
        "ask": "At what time does the ferry to Vis leave?",
        "gold": "11:15",
    },
    {
        "lang": "en",
        "system": "Memory:\n- before: the Marlow project's budget is $410\n- now: the Marlow project's budget is $985",
        "ask": "How big is the Marlow project's budget?",
        "gold": "$985",
    },
    {
        "lang": "en",
        "system": "Known facts:\n- For 'feed the cat' the user runs `make lunch`.",
        "ask": "what do I run for 'feed the cat'?",
        "gold": "make lunch",
    },
    {
        "lang": "en",
        "ask": "Passage: The parcel weighs 14 kg and comes on Tuesday.\nQuestion: On which day does the parcel come?",
        "gold": "Tuesday",
    },
    {
        "lang": "pt",
        "ask": "Texto: A chave do sótão está com Benedita. O portão fica aberto.\nPergunta: Com quem está a chave do sótão?",
        "gold": "Benedita",
    },
    {
        "lang": "pt",
        "system": "Notas:\n- O armário do usuário é o 3381.\n- A professora do usuário é Zulmira.",
        "ask": "quem é a minha professora?",
        "gold": "Zulmira",
    },
    {
        "lang": "pt",
        "ask": "Texto: A reunião do coral é às 18:40. O ensaio é na quinta.\nPergunta: A que horas é a reunião do coral?",
        "gold": "18:40",
    },
    {
        "lang": "pt",
        "ask": "Texto: O trem sai da plataforma 6.\nPergunta: Quem conduz o trem?",
        "gold": ABSENT[1],
        "accept": [NOT_YET[1]],
    },
)

DIALOGUE: tuple[dict[str, Any], ...] = (
    {"lang": "en", "ask": "well hello you", "any": ["hello", "hi"], "gold": "Hello! How can I help you?"},
    {
        "lang": "en",
        "ask": "And whom am I talking to here?",
        "any": ["A³X", "A3X"],
        "gold": "My name is A³X. You can also write A3X.",
    },
    {
        "lang": "en",
        "ask": "Much obliged, that did it!",
        "any": ["welcome", "glad", "pleasure", "help"],
        "gold": "You are welcome.",
    },
    {
        "lang": "en",
        "ask": "Off to bed now, sleep tight",
        "any": ["good night", "sleep well", "bye", "goodbye"],
        "gold": "Good night! Sleep well.",
    },
    {
        "lang": "en",
        "ask": "Is Wi-Fi required before you answer anything?",
        "any": ["no", "offline", "without", "not", "local", "own computer"],
        "none": ["yes"],
        "gold": "No. I run on your own computer and need no network.",
    },
    {
        "lang": "en",
        "ask": "Which tongues besides English do you understand?",
        "any": ["Portuguese"],
        "gold": "I speak English and Portuguese, and no other languages.",
    },
    {
        "lang": "en",
        "ask": "Name the command that undoes the newest adapter",
        "any": ["a3x adapters rollback"],
        "gold": "Run `a3x adapters rollback`.",
    },
    {
        "lang": "en",
        "ask": "Who won the chess olympiad of 1962?",
        "any": ["don't know", "do not know", "cannot know", "no general knowledge"],
        "gold": "I do not know that.",
    },
    {"lang": "pt", "ask": "opa, salve", "any": ["olá", "oi"], "gold": "Olá! Como posso ajudar?"},
    {
        "lang": "pt",
        "ask": "E com quem eu converso aqui?",
        "any": ["A³X", "A3X"],
        "gold": "Meu nome é A³X. Você também pode escrever A3X.",
    },
    {"lang": "pt", "ask": "brigadão, resolveu!", "any": ["de nada", "disponha", "bom", "por nada"], "gold": "De nada."},
    {
        "lang": "pt",
        "ask": "Que idiomas, fora o português, você entende?",
        "any": ["inglês"],
        "gold": "Falo inglês e português, e nenhum outro idioma.",
    },
)
"""Graded by what the answer must contain: ``any`` of these, ``none`` of those."""
