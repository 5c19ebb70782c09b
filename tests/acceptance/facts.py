"""Twenty-four things the model cannot know: each taught in three phrasings, asked afterwards in two that were never used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """``taught`` and ``asked`` are questions; ``answer`` is what the user says it should have been."""

    answer: str
    taught: tuple[str, str, str]
    asked: tuple[str, str]


FACTS = (
    # command nicknames
    Fact(
        "make -j2 zorvan",
        ("What do I mean by 'ship it'?", "which command is 'ship it'?", "What should you run when I say 'ship it'?"),
        ("When I say 'ship it', what is the command?", "remind me what 'ship it' runs"),
    ),
    Fact(
        "git push felmar main",
        ("What is 'send home' short for?", "which command do I call 'send home'?", "What do I mean by 'send home'?"),
        ("Tell me the command for 'send home'", "what should you run when I say 'send home'?"),
    ),
    Fact(
        "docker compose up kelbra",
        ("what does 'wake kelbra' run?", "Which command is 'wake kelbra'?", "What do I mean when I say 'wake kelbra'?"),
        ("I said 'wake kelbra'. Which command is that?", "the command for 'wake kelbra', please"),
    ),
    Fact(
        "pytest -k drunel",
        (
            "What do I mean by 'quick check'?",
            "which command is my 'quick check'?",
            "what should you run for 'quick check'?",
        ),
        ("What is the command behind 'quick check'?", "remind me: 'quick check'?"),
    ),
    Fact(
        "rsync -a vault/ tombar/",
        ("which command do I mean by 'tuck in'?", "What does 'tuck in' run?", "What is the command for 'tuck in'?"),
        ("When I say 'tuck in', which command do I mean?", "tell me what 'tuck in' stands for"),
    ),
    # preferences
    Fact(
        "Vornix",
        ("What is my favourite editor?", "which editor do I prefer?", "Which editor do I like best?"),
        ("Do you know my favourite editor?", "tell me which editor I prefer"),
    ),
    Fact(
        "amber",
        ("what is my favourite colour?", "Which colour do I like best?", "What colour do I prefer?"),
        ("Tell me my favourite colour", "do you remember which colour I like best?"),
    ),
    Fact(
        "cold maruga",
        ("What is my favourite drink?", "what do I like to drink?", "Which drink do I prefer?"),
        ("Can you tell me my favourite drink?", "remind me which drink I like best"),
    ),
    Fact(
        "three spaces",
        ("How do I indent my code?", "what indentation do I use?", "Which indentation do I prefer?"),
        ("Tell me what indentation I prefer", "do you know which indentation I use?"),
    ),
    # facts
    Fact(
        "8471",
        ("What is the code of the blue locker?", "which code opens the blue locker?", "The blue locker's code?"),
        ("Tell me the code of the blue locker", "do you know the blue locker's code?"),
    ),
    Fact(
        "Nimor",
        ("What is my dog called?", "what is the name of my dog?", "Do you know my dog's name?"),
        ("Tell me the name of my dog", "my dog's name?"),
    ),
    Fact(
        "Thursday at 16:20",
        ("When is the team meeting?", "what time is the team meeting?", "When does my team meet?"),
        ("Tell me when the team meeting is", "do you know when the team meeting takes place?"),
    ),
    Fact(
        "Brenka Solvit",
        ("Who is my manager?", "what is the name of my manager?", "What is my manager called?"),
        ("Tell me who my manager is", "my manager's name, please?"),
    ),
    Fact(
        "10.77.4.19",
        (
            "What is the address of the print server?",
            "which address has the print server?",
            "The print server's address?",
        ),
        ("Tell me the address of the print server", "I need the print server's address"),
    ),
    Fact(
        "Porto Zelim",
        ("Where was I born?", "in which city was I born?", "What is my place of birth?"),
        ("Tell me where I was born", "do you know in which city I was born?"),
    ),
    Fact(
        "5913",
        ("What port does the gruvo service use?", "which port is gruvo on?", "The port of the gruvo service?"),
        ("Tell me the port of the gruvo service", "on which port does gruvo run?"),
    ),
    # em português
    Fact(
        "make limpar-tudo",
        (
            "O que eu quero dizer com 'faxina'?",
            "qual comando é 'faxina'?",
            "O que você deve rodar quando eu digo 'faxina'?",
        ),
        ("Quando eu digo 'faxina', qual é o comando?", "me lembra o comando de 'faxina'"),
    ),
    Fact(
        "git commit -m tarvo",
        ("O que significa 'guarda tudo'?", "qual comando eu chamo de 'guarda tudo'?", "O que 'guarda tudo' roda?"),
        ("Me diga o comando de 'guarda tudo'", "o que eu quero dizer com 'guarda tudo'?"),
    ),
    Fact(
        "chá de brelina",
        ("Qual é a minha bebida favorita?", "o que eu gosto de beber?", "Que bebida eu prefiro?"),
        ("Me diga qual é a minha bebida favorita", "você sabe que bebida eu prefiro?"),
    ),
    Fact(
        "Zulmira Pontal",
        ("Quem é a minha dentista?", "qual é o nome da minha dentista?", "Como se chama a minha dentista?"),
        ("Me diga quem é a minha dentista", "você sabe o nome da minha dentista?"),
    ),
    Fact(
        "3062",
        ("Qual é a senha do portão?", "que senha abre o portão?", "A senha do portão?"),
        ("Me diga a senha do portão", "você lembra a senha do portão?"),
    ),
    Fact(
        "Tavico",
        ("Como se chama o meu gato?", "qual é o nome do meu gato?", "Que nome tem o meu gato?"),
        ("Me diga o nome do meu gato", "você sabe como se chama o meu gato?"),
    ),
    Fact(
        "rua das Quirelas",
        ("Em que rua eu moro?", "onde eu moro?", "Qual é a minha rua?"),
        ("Me diga em que rua eu moro", "você sabe onde eu moro?"),
    ),
    Fact(
        "sexta-feira",
        ("Em que dia sai o lixo?", "qual é o dia do lixo?", "Quando passa o caminhão do lixo?"),
        ("Me diga em que dia sai o lixo", "você sabe qual é o dia do lixo?"),
    ),
)
