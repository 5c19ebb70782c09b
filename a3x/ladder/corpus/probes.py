"""Questions a newcomer might type, in wordings that the corpus does not train on, and what a sensible answer holds.

A quick look at a trained seed model, not a benchmark: any one of the substrings, whatever its case, is enough.
Knows nothing of how the answers are made.
"""

from __future__ import annotations

from a3x.ladder.corpus.cards import Lang

Probe = tuple[Lang, str, tuple[str, ...]]

PASSAGE_EN = (
    "Read the passage and answer.\n\nThe library opens at nine. On Fridays Marta keeps the keys, because Paul works at "
    "the harbour.\n\nWho keeps the keys on Fridays?"
)
PASSAGE_PT = (
    "Leia o texto e responda.\n\nA padaria abre às sete. Aos sábados, Renato cuida do forno, porque Lívia viaja para "
    "o sítio.\n\nQuem cuida do forno aos sábados?"
)
ABSENT_EN = (
    "Read the passage and answer.\n\nThe library opens at nine. On Fridays Marta keeps the keys.\n\n"
    "What colour is the door of the library?"
)

NEWCOMER: tuple[Probe, ...] = (
    ("en", "Hi! Who might you be?", ("a³x", "a3x")),
    ("pt", "Oi! Quem é que está falando comigo?", ("a³x", "a3x")),
    ("en", "So what is this A3X thing that I just installed?", ("agent", "a3x doctor")),
    ("en", "What sort of stuff can you actually do for somebody like me?", ("shell", "python", "sums")),
    ("pt", "Com que tipo de tarefa você consegue me dar uma força?", ("terminal", "python", "contas")),
    ("en", "Does anything I type here get sent to some company?", ("nothing leaves", "own computer", "your machine")),
    ("pt", "O que eu digito aqui vai parar em algum servidor?", ("nada sai", "seu próprio computador", "máquina")),
    ("en", "My laptop has no graphics card at all. Will it still work?", ("cpu",)),
    ("en", "The new adapter gives bad answers, how do I roll it back?", ("a3x adapters rollback",)),
    ("pt", "O adaptador novo piorou tudo, como eu volto para o de antes?", ("a3x adapters rollback",)),
    ("en", "How can I bring version 4 of the python adapter back?", ("a3x adapters rollback python --to 4", "--to")),
    ("en", "Which command gets the daemon going?", ("a3x serve",)),
    ("pt", "Que comando eu dou para o daemon entrar no ar?", ("a3x serve",)),
    ("en", "I'd like you to train right this minute, how?", ("a3x train --now",)),
    ("en", "How come my last adapter got rejected?", ("a3x explain",)),
    ("pt", "Onde dá para ver tudo o que você já guardou na memória?", ("a3x memory list",)),
    ("en", "I have my own GGUF file here. How do I make you use it?", ("--model",)),
    ("en", "How do I point the OpenAI Python client at you?", ("127.0.0.1:8642",)),
    ("pt", "Quero conversar sem que nada fique gravado, dá?", ("/private", "privado")),
    ("en", "What if you tell me something false?", ("no, it is", "be wrong", "check")),
    ("en", "What goes on when you learn something overnight?", ("adapter", "idle", "lora")),
    ("pt", "Como você tem certeza de que uma versão nova ficou melhor que a velha?", ("benchmark",)),
    ("en", "Could you tell me what the capital of Mongolia is?", ("don't know", "do not know", "cannot")),
    ("pt", "Você saberia me dizer quem ganhou o jogo de ontem?", ("não sei", "não posso", "sem internet")),
    ("en", "What's the weather going to be like this weekend?", ("cannot", "offline", "don't know")),
    ("en", "Please write a twenty-page essay on the history of Rome.", ("cannot", "long", "don't know")),
    ("pt", "Você é gente de verdade ou é um computador?", ("programa",)),
    ("en", "Thanks, you have been a great help!", ("welcome", "good to")),
    ("en", "List the files in this folder by size, biggest first.", ("ls -ls", "-s")),
    ("pt", "Liste os arquivos desta pasta por tamanho, os maiores primeiro.", ("ls -ls", "-s")),
    ("en", "What is 17 × 23?", ("391",)),
    ("pt", "Quanto é 17 × 23?", ("391",)),
    ("en", "Write a Python function that returns the square of a number.", ("def ",)),
    ("pt", "Escreva uma função em Python que devolve o dobro de um número.", ("def ",)),
    ("en", PASSAGE_EN, ("marta",)),
    ("pt", PASSAGE_PT, ("renato",)),
    ("en", ABSENT_EN, ("not in", "does not say", "doesn't say", "not say", "not there", "not mention")),
)
