"""The English fact kinds: nouns, statements and questions of every relation, and the frames common to them all.

Pure tables. Placeholders: ``{s}`` subject, ``{p}`` its possessive, ``{v}`` value, ``{np}`` "my code" or "the code of
the locker", ``{bare}`` the same without an article, ``{n}`` the noun. Knows nothing of how they are drawn.
"""

from __future__ import annotations

from a3x.ladder.corpus.relation import Relation

FRAMES: tuple[str, ...] = tuple(
    line.strip()
    for line in """
    what is {np}?
    what's {np}?
    what is {np} again?
    what's {np} again?
    what was {np}?
    what was {np} again?
    tell me {np}
    tell me {np}, please
    please tell me {np}
    tell me what {np} is
    can you tell me {np}?
    can you tell me what {np} is?
    could you tell me {np}?
    can you remind me of {np}?
    could you remind me of {np}?
    remind me of {np}
    please remind me of {np}
    would you remind me of {np}?
    remind me: {np}
    remind me what {np} is
    remind me, what is {np}?
    do you know {np}?
    do you know what {np} is?
    do you remember {np}?
    do you remember what {np} is?
    do you still remember {np}?
    do you happen to know {np}?
    do you recall {np}?
    can you recall {np}?
    {np}?
    {bare}?
    {np}, please
    {np} = ?
    {bare} = ?
    {bare}:
    {np} is what?
    {np} is ...
    I forgot {np}
    I forgot {np}, what is it?
    I forgot what {np} is
    I have forgotten {np}
    I keep forgetting {np}
    I can't remember {np}
    I can't recall what {np} is
    I don't remember {np}
    I don't remember what {np} is
    I am trying to remember {np}
    help me remember {np}
    quick question: {np}?
    quick question, what is {np}?
    quick: {np}
    question: what is {np}?
    one question: what's {np}?
    give me {np}
    give me {np}, please
    just give me {np}
    say {np}
    say what {np} is
    write {np}
    name {np}
    state {np}
    I need {np}
    I need {np} now
    I need to know {np}
    I need to know what {np} is
    I want to know {np}
    I'd like to know {np}
    I would like {np}
    I am looking for {np}
    may I have {np}?
    can I have {np}?
    could I get {np}?
    could you give me {np}?
    what did I tell you about {np}?
    what did I say {np} was?
    what did I say about {np}?
    what have I told you about {np}?
    what do you know about {np}?
    what did you note for {np}?
    what do your notes say about {np}?
    let me know {np}
    let me know what {np} is
    any idea what {np} is?
    look up {np}
    look up {np} for me
    check {np} for me
    find {np}
    recall {np}
    and {np}?
    and what is {np}?
    so what is {np}?
    so, {np}?
    hey, what is {np}?
    hi, what's {np}?
    hello, can you tell me {np}?
    ok, what is {np}?
    sorry, what is {np}?
    sorry, what was {np} again?
    excuse me, what is {np}?
    once more, what is {np}?
    say again: {np}
    tell me again what {np} is
    fill in the gap: {np} is ___
    complete: {np} is
    finish the sentence: {np} is
    which one is {np}?
    what about {np}?
    how about {np}?
    I was asked for {np}
    someone asks what {np} is
    they want {np}
    what should I answer if someone asks for {np}?
    what would you say is {np}?
    by the way, what is {np}?
    from what I told you, what is {np}?
    if I ask for {np}, what do you answer?
    """.strip().splitlines()
)

NOUN_FRAMES_ME: tuple[str, ...] = (
    "which {n} do I have?",
    "what {n} do I have?",
    "which {n} is mine?",
    "what {n} did I tell you?",
    "which {n} did I mention?",
    "do you know which {n} I have?",
    "tell me which {n} I have",
    "what did I say: which {n} is mine?",
)
NOUN_FRAMES: tuple[str, ...] = (
    "for {s}, what is the {n}?",
    "about {s}: what is the {n}?",
    "{s}: what is the {n}?",
    "{s}, {n}?",
    "talking about {s}, what is the {n}?",
    "which {n} did I mention for {s}?",
    "what {n} did I give you for {s}?",
    "which {n} does {s} have?",
    "what {n} does {s} have?",
    "do you know which {n} {s} has?",
    "I have a question about {s}: what is the {n}?",
    "for {s}, the {n} is",
)

SAYS_ME: tuple[str, ...] = (
    "{np} is {v}",
    "{np} is {v}",
    "{v} is {np}",
    "as for {np}, it is {v}",
    "when it comes to {np}, it's {v}",
)
SAYS: tuple[str, ...] = (
    "{np} is {v}",
    "{np} is {v}",
    "{v} is {np}",
    "for {s}, the {n} is {v}",
    "as for {s}, the {n} is {v}",
)


def _favourite(thing: str, value: str, says: tuple[str, ...], asks: tuple[str, ...]) -> Relation:
    nouns = (f"favourite {thing}", f"favorite {thing}", f"preferred {thing}")
    says += ("the {thing} {s} likes best is {v}".replace("{thing}", thing), f"the {thing} I like best is {{v}}")
    asks += (f"which {thing} do I like best?", f"what {thing} do I like most?", f"which {thing} does {{s}} like best?")
    asks += (f"what {thing} does {{s}} prefer?", f"which {thing} do I prefer?", f"what {thing} would {{s}} choose?")
    return Relation(f"favourite {thing}", value, ("me", "person"), nouns, says, asks)


RELATIONS: tuple[Relation, ...] = (
    Relation(
        "command",
        "command",
        ("nick",),
        ("command",),
        (
            "when I say {s} I mean {v}",
            "if I say {s}, run {v}",
            "{s} means {v}",
            "{s} means: run {v}",
            "whenever I say {s}, I want {v}",
            "by {s} I mean {v}",
            "I call {v} {s}",
            "{s} is my name for {v}",
            "{s} stands for the command {v}",
            "saying {s} should run {v}",
        ),
        (
            "what do I mean by {s}?",
            "what does {s} mean?",
            "which command do I mean by {s}?",
            "what should you run when I say {s}?",
            "what do you run when I say {s}?",
            "translate {s} into a command",
            "when I say {s}, which command do I want?",
            "when I say {s}, what do I mean?",
            "if I say {s}, what should you run?",
            "if I tell you {s}, which command is that?",
            "which command is {s}?",
            "what command does {s} stand for?",
            "what does {s} stand for?",
            "what does {s} run?",
            "turn {s} into a command",
            "convert {s} to its command",
            "write the command for {s}",
            "expand {s}",
            "what do I want when I say {s}?",
            "I say {s}, you run what?",
            "{s} is which command?",
            "{s} means what?",
            "{s} runs which command?",
            "what is meant by {s}?",
            "how do I do {s} in the shell?",
            "what is behind {s}?",
            "{s}?",
        ),
        (
            "the command for {s}",
            "the meaning of {s}",
            "the command behind {s}",
            "the command I call {s}",
            "the shell command for {s}",
            "the command meant by {s}",
        ),
    ),
    Relation(
        "folder name",
        "path",
        ("nick",),
        ("folder",),
        ("when I say the folder {s} I mean {v}", "the folder I call {s} is {v}", "I keep the {s} files in {v}"),
        (
            "which folder do I call {s}?",
            "where do I keep the {s} files?",
            "where are the {s} files?",
            "in which folder are the {s} files?",
            "what path does the folder {s} have?",
        ),
        ("the folder for {s}", "the folder called {s}", "the path of the folder {s}"),
    ),
    Relation(
        "abbreviation",
        "words",
        ("abbreviation",),
        ("abbreviation",),
        ("{s} is short for {v}", "the letters {s} stand for {v}", "I write {s} instead of {v}"),
        ("what is {s} short for?", "what do the letters {s} stand for?", "{s} is short for what?", "spell out {s}"),
        ("the long form of {s}", "the expansion of {s}", "the full form of {s}"),
    ),
    Relation(
        "code word",
        "word",
        ("codeword",),
        ("code word",),
        ("the code word {s} means {v}", "in our language {s} means {v}", "{s} is our word for {v}"),
        (
            "what does the code word {s} mean?",
            "how do you translate the word {s}?",
            "which word does {s} translate to?",
            "translate the word {s}",
        ),
        ("the translation of {s}", "the sense of the code word {s}", "the word that {s} translates to"),
    ),
    Relation(
        "shortcut",
        "keys",
        ("nick",),
        ("shortcut",),
        ("press {v} for {s}", "{s} is on {v}", "I do {s} with {v}"),
        ("which keys do I press for {s}?", "how do I do {s} with the keyboard?", "what do I press for {s}?"),
        ("the keyboard shortcut for {s}", "the key combination for {s}", "the shortcut of {s}"),
    ),
    _favourite(
        "colour", "colour", ("I love the colour {v}",), ("what colour do I love?", "which colour is my favourite?")
    ),
    _favourite("drink", "drink", ("I love drinking {v}", "{s} always drinks {v}"), ("what does {s} always drink?",)),
    _favourite("dish", "food", ("I always order {v}", "{s} always orders {v}"), ("what does {s} always order?",)),
    _favourite("editor", "editor", ("I edit with {v}", "I write everything in {v}"), ("which editor do I use?",)),
    _favourite(
        "language", "coding", ("I code in {v}", "{s} codes in {v}"), ("what do I code in?", "what does {s} code in?")
    ),
    _favourite("browser", "browser", ("I browse with {v}",), ("which browser do I use?", "what do I browse with?")),
    _favourite("shell", "shell", ("I use {v} as my shell",), ("which shell do I use?", "what shell am I on?")),
    _favourite(
        "band", "full_name", ("I listen to {v} all day",), ("which band do I listen to?", "who do I listen to?")
    ),
    _favourite(
        "team", "name", ("I support {v}", "{s} supports {v}"), ("which team do I support?", "who does {s} support?")
    ),
    _favourite("game", "name", ("I play {v} a lot",), ("which game do I play?", "what do I play a lot?")),
    Relation(
        "theme",
        "theme",
        ("me",),
        ("theme", "screen theme", "colour theme"),
        ("I use the {v} theme", "I prefer the {v} theme", "set my screens to the {v} theme"),
        (
            "which theme do I use?",
            "what theme do I prefer?",
            "which theme should you use for me?",
            "dark or light for me?",
        ),
    ),
    Relation(
        "indentation",
        "indent",
        ("me",),
        ("indentation", "indentation style", "preferred indentation"),
        ("I indent with {v}", "I want {v} for indentation", "indent my code with {v}"),
        ("how do I indent?", "what do I indent with?", "how should you indent my code?", "what indentation do I like?"),
    ),
    Relation(
        "time format",
        "clock",
        ("me",),
        ("time format", "clock format", "preferred time format"),
        ("I write times as {v}", "show me times as {v}", "I want the {v} clock"),
        (
            "how do I write times?",
            "how should you show me the time?",
            "which clock do I want?",
            "how do I like my times?",
        ),
    ),
    Relation(
        "reply language",
        "tongue",
        ("me",),
        ("reply language", "language for replies"),
        ("answer me in {v}", "I want replies in {v}", "always write to me in {v}"),
        (
            "which language do I want replies in?",
            "in which language should you answer me?",
            "how should you write to me?",
        ),
    ),
    Relation(
        "font",
        "name",
        ("me",),
        ("font", "screen font", "preferred font"),
        ("I use the font {v}", "I read everything in the font {v}", "I set my font to {v}"),
        ("which font do I use?", "what font do I like?", "which font should you set?"),
    ),
    Relation(
        "own name",
        "person",
        ("me",),
        ("name", "first name"),
        ("I am {v}", "I'm {v}", "I am called {v}", "people call me {v}", "you can call me {v}"),
        (
            "who am I?",
            "what am I called?",
            "what do people call me?",
            "how should you call me?",
            "do you know who I am?",
        ),
    ),
    Relation(
        "age",
        "size",
        ("me", "person", "pet"),
        ("age",),
        ("{s} is {v} years old", "I am {v} years old", "{s} turned {v} this year", "I turned {v} this year"),
        ("how old is {s}?", "how old am I?", "how many years old is {s}?", "what age is {s}?", "{s} is how old?"),
    ),
    Relation(
        "birthday",
        "date",
        ("me", "person"),
        ("birthday", "date of birth", "birth date"),
        ("{s} was born on {v}", "I was born on {v}", "we celebrate {p} birthday on {v}"),
        (
            "when was {s} born?",
            "when was I born?",
            "when is {p} birthday?",
            "when do we celebrate {s}?",
            "when is my birthday?",
        ),
    ),
    Relation(
        "phone",
        "phone",
        ("me", "person", "shop"),
        ("phone number", "telephone number", "phone"),
        ("you can call {s} on {v}", "you can call me on {v}", "call {v} to reach {s}"),
        (
            "which number do I call to reach {s}?",
            "how can I phone {s}?",
            "what number reaches {s}?",
            "how can people call me?",
        ),
    ),
    Relation(
        "city",
        "name",
        ("me", "person"),
        ("city", "home town", "town"),
        ("{s} lives in {v}", "I live in {v}", "{s} moved to {v}", "I moved to {v}"),
        (
            "where does {s} live?",
            "where do I live?",
            "in which city does {s} live?",
            "in which town do I live?",
            "where is {p} home?",
            "which place is home to {s}?",
        ),
    ),
    Relation(
        "street",
        "full_name",
        ("me", "person", "shop"),
        ("street", "street name"),
        ("you find {s} in {v} street", "my house is in {v} street", "{s} is on {v} street"),
        ("which street is {s} on?", "in which street is my house?", "on which street do I find {s}?"),
    ),
    Relation(
        "employer",
        "name",
        ("me", "person"),
        ("employer", "company"),
        ("{s} works for {v}", "I work for {v}", "{s} has a job at {v}", "I have a job at {v}"),
        (
            "who does {s} work for?",
            "where do I work?",
            "where does {s} work?",
            "who do I work for?",
            "who employs {s}?",
        ),
    ),
    Relation(
        "job",
        "job",
        ("me", "person"),
        ("job", "profession", "occupation"),
        ("{s} works as a {v}", "I work as a {v}", "{s} earns a living as a {v}"),
        (
            "what does {s} do for a living?",
            "what do I work as?",
            "what does {s} work as?",
            "what do I do for a living?",
        ),
    ),
    Relation(
        "manager",
        "person",
        ("me", "person", "team"),
        ("manager", "boss", "supervisor"),
        ("{s} reports to {v}", "I report to {v}", "{v} manages {s}", "{v} is in charge of {s}"),
        (
            "who does {s} report to?",
            "who manages {s}?",
            "who is {p} boss?",
            "who do I report to?",
            "who is my manager?",
        ),
    ),
    Relation(
        "neighbour",
        "person",
        ("me", "person"),
        ("neighbour", "next-door neighbour", "neighbor"),
        ("{v} lives next to {s}", "{v} lives next to me", "{v} lives next door to {s}"),
        ("who lives next to {s}?", "who lives next to me?", "who lives next door to {s}?", "who is {p} neighbour?"),
    ),
    Relation(
        "dentist",
        "person",
        ("me", "person"),
        ("dentist",),
        ("{s} goes to the dentist {v}", "{v} takes care of {p} teeth", "{v} takes care of my teeth"),
        ("who is my dentist?", "who takes care of {p} teeth?", "who is {p} dentist?", "which dentist do I go to?"),
    ),
    Relation(
        "best friend",
        "person",
        ("me", "person"),
        ("best friend", "closest friend"),
        ("{s} is best friends with {v}", "I am best friends with {v}", "nobody is closer to {s} than {v}"),
        (
            "who is my best friend?",
            "who is {s} best friends with?",
            "who is {p} best friend?",
            "who is closest to {s}?",
        ),
    ),
    Relation(
        "teacher",
        "person",
        ("me", "person", "team"),
        ("teacher", "instructor"),
        ("{v} teaches {s}", "{v} teaches me", "{s} has lessons with {v}"),
        ("who teaches {s}?", "who teaches me?", "who gives lessons to {s}?", "who do I have lessons with?"),
    ),
    Relation(
        "shoe size",
        "size",
        ("me", "person"),
        ("shoe size", "size of shoes"),
        ("{s} wears shoes of size {v}", "I wear shoes of size {v}", "{s} takes a {v} in shoes"),
        ("which size of shoes do I wear?", "what size of shoes does {s} wear?", "how big are {p} feet?"),
    ),
    Relation(
        "badge",
        "number",
        ("me", "person"),
        ("badge number", "badge", "staff number"),
        ("{s} has badge {v}", "I have badge {v}", "{s} wears the badge {v}"),
        ("which badge does {s} have?", "which badge do I wear?", "what is written on {p} badge?"),
    ),
    Relation(
        "code",
        "code",
        ("lock",),
        ("code", "access code", "entry code"),
        (
            "{s} opens with {v}",
            "use {v} to open {s}",
            "type {v} to open {s}",
            "{s} has the code {v}",
            "I open {s} with {v}",
        ),
        (
            "which code opens {s}?",
            "what opens {s}?",
            "how do I open {s}?",
            "what do I type to open {s}?",
            "which number opens {s}?",
            "with which code does {s} open?",
            "I want to open {s}, what do I type?",
        ),
    ),
    Relation(
        "key",
        "spot",
        ("lock", "car"),
        ("key place", "key location"),
        ("the key of {s} is in the {v}", "I keep the key of {s} in the {v}", "look in the {v} for the key of {s}"),
        ("where is the key of {s}?", "where do I keep the key of {s}?", "where should I look for the key of {s}?"),
    ),
    Relation(
        "bank PIN",
        "pin",
        ("me", "person"),
        ("PIN", "card PIN", "bank PIN"),
        ("I pay with the PIN {v}", "{s} pays with the PIN {v}", "{s} uses the PIN {v}", "I use the PIN {v}"),
        ("which PIN do I use?", "which PIN does {s} use?", "what PIN does {s} pay with?", "which PIN do I pay with?"),
    ),
    Relation(
        "port",
        "port",
        ("device", "project"),
        ("port", "port number"),
        ("{s} listens on {v}", "{s} listens on port {v}", "{s} runs on port {v}", "you reach {s} on port {v}"),
        (
            "which port does {s} use?",
            "on which port does {s} listen?",
            "which port is {s} on?",
            "what port is used by {s}?",
        ),
    ),
    Relation(
        "password",
        "token",
        ("me", "device", "project"),
        ("password", "passphrase", "login password"),
        ("I log in with {v}", "log in to {s} with {v}", "{s} accepts the password {v}", "{v} unlocks {s}"),
        ("which password does {s} accept?", "how do I log in to {s}?", "what unlocks {s}?", "what do I log in with?"),
    ),
    Relation(
        "address",
        "ip",
        ("device",),
        ("IP address", "IP", "network address"),
        ("{s} is at {v}", "{s} answers at {v}", "connect to {v} for {s}"),
        ("at which IP is {s}?", "which IP does {s} have?", "which address do I connect to for {s}?"),
    ),
    Relation(
        "version",
        "version",
        ("device", "project"),
        ("version", "version number", "current version"),
        ("{s} runs version {v}", "{s} is at version {v}", "we updated {s} to version {v}"),
        ("which version does {s} run?", "at which version is {s}?", "which version is on {s}?"),
    ),
    Relation(
        "serial",
        "serial",
        ("device", "object"),
        ("serial number", "serial"),
        ("{s} has the serial number {v}", "the label of {s} says {v}", "{v} is printed on {s}"),
        ("what is printed on {s}?", "what does the label of {s} say?", "which serial number is on {s}?"),
    ),
    Relation(
        "owner",
        "person",
        ("device", "car", "object", "pet"),
        ("owner",),
        ("{s} belongs to {v}", "{v} owns {s}", "{v} bought {s}"),
        ("who owns {s}?", "who does {s} belong to?", "whose is {s}?", "{s} belongs to whom?", "who bought {s}?"),
    ),
    Relation(
        "nickname",
        "name",
        ("device", "pet", "car", "project"),
        ("name", "nickname"),
        ("{s} is called {v}", "we call {s} {v}", "{s} answers to the name {v}", "they named {s} {v}"),
        ("what is {s} called?", "how do we call {s}?", "what do we call {s}?", "which name did they give {s}?"),
    ),
    Relation(
        "deadline",
        "date",
        ("project",),
        ("deadline", "due date"),
        ("{s} is due on {v}", "we must deliver {s} by {v}", "{s} has to be ready by {v}"),
        ("when is {s} due?", "by when must {s} be ready?", "when do we deliver {s}?", "until when do we have for {s}?"),
    ),
    Relation(
        "folder",
        "path",
        ("project", "team"),
        ("folder", "directory", "file location"),
        ("{s} lives in {v}", "the files of {s} are in {v}", "you find {s} in {v}", "{s} is stored in {v}"),
        ("where are the files of {s}?", "where is {s} stored?", "in which folder is {s}?", "which path leads to {s}?"),
    ),
    Relation(
        "lead",
        "person",
        ("project", "event"),
        ("lead", "leader", "organiser"),
        ("{v} leads {s}", "{s} is led by {v}", "{v} is responsible for {s}"),
        ("who leads {s}?", "who is responsible for {s}?", "by whom is {s} led?", "who organises {s}?"),
    ),
    Relation(
        "budget",
        "money",
        ("project", "team", "event"),
        ("budget", "total budget"),
        ("{s} may spend {v}", "we have {v} for {s}", "{s} has {v} to spend"),
        ("how much may {s} spend?", "how much do we have for {s}?", "how much money is there for {s}?"),
    ),
    Relation(
        "branch",
        "token",
        ("project",),
        ("branch", "git branch", "working branch"),
        ("{s} is on the branch {v}", "we work on {s} in the branch {v}", "check out {v} for {s}"),
        ("on which branch is {s}?", "which branch do we use for {s}?", "which branch should I check out for {s}?"),
    ),
    Relation(
        "meeting day",
        "day",
        ("team", "project"),
        ("meeting day", "day of the meeting"),
        ("{s} meets on {v}", "we meet for {s} on {v}", "{v} is when {s} meets"),
        ("on which day does {s} meet?", "which day does {s} meet?", "what day do we meet for {s}?"),
    ),
    Relation(
        "meeting time",
        "time",
        ("team", "project"),
        ("meeting time", "meeting hour"),
        ("{s} meets at {v}", "we start {s} at {v} sharp", "be there at {v} for {s}"),
        ("at what time does {s} meet?", "at which hour does {s} meet?", "what time do we meet for {s}?"),
    ),
    Relation(
        "members",
        "size",
        ("team",),
        ("number of members", "member count"),
        ("{s} has {v} members", "there are {v} people in {s}", "{v} people belong to {s}"),
        ("how many people are in {s}?", "how many members does {s} have?", "how big is {s}?"),
    ),
    Relation(
        "pet food",
        "ingredient",
        ("pet",),
        ("food", "favourite food"),
        ("{s} eats {v}", "{s} only eats {v}", "feed {s} with {v}"),
        ("what does {s} eat?", "what do I feed {s}?", "what should I give {s} to eat?"),
    ),
    Relation(
        "colour",
        "colour",
        ("object", "car", "pet"),
        ("colour", "color"),
        ("{s} is {v}", "they painted {s} {v}", "{s} has a {v} finish"),
        ("what colour is {s}?", "which colour is {s}?", "{s} is which colour?", "of what colour is {s}?"),
    ),
    Relation(
        "price",
        "money",
        ("object", "car", "dish", "device"),
        ("price", "cost"),
        ("{s} costs {v}", "we paid {v} for {s}", "you can buy {s} for {v}"),
        ("how much does {s} cost?", "how much is {s}?", "how much did we pay for {s}?", "what does {s} cost?"),
    ),
    Relation(
        "place",
        "spot",
        ("object", "device"),
        ("place", "location"),
        ("{s} is in the {v}", "I left {s} in the {v}", "you find {s} in the {v}", "I keep {s} in the {v}"),
        ("where is {s}?", "where did I leave {s}?", "where do I find {s}?", "where do I keep {s}?", "where's {s}?"),
    ),
    Relation(
        "weight",
        "weight",
        ("object", "pet", "dish"),
        ("weight",),
        ("{s} weighs {v}", "the scale says {v} for {s}", "{s} comes to {v} on the scale"),
        ("how much does {s} weigh?", "how heavy is {s}?", "what does {s} weigh?"),
    ),
    Relation(
        "plate",
        "plate",
        ("car",),
        ("licence plate", "plate", "number plate"),
        ("{s} has the plate {v}", "the plate on {s} says {v}", "{v} is written on the plate of {s}"),
        ("which plate does {s} have?", "what does the plate on {s} say?", "what is written on the plate of {s}?"),
    ),
    Relation(
        "wifi",
        "token",
        ("me", "room", "shop"),
        ("wifi name", "wifi network", "wifi"),
        ("the wifi in {s} is called {v}", "connect to {v} in {s}", "I connect to {v} at home"),
        ("what is the wifi in {s} called?", "which wifi do I use in {s}?", "which network do I connect to in {s}?"),
    ),
    Relation(
        "room number",
        "number",
        ("room", "event", "team"),
        ("room number", "door number"),
        ("{s} is at door {v}", "go to door {v} for {s}", "{s} has the door number {v}"),
        ("at which door is {s}?", "which door do I take for {s}?", "to which door do I go for {s}?"),
    ),
    Relation(
        "ingredient",
        "ingredient",
        ("dish",),
        ("main ingredient", "secret ingredient"),
        ("{s} is made with {v}", "the secret of {s} is {v}", "you need {v} for {s}"),
        ("what is {s} made with?", "what do I need for {s}?", "what is the secret of {s}?"),
    ),
    Relation(
        "cooking time",
        "minutes",
        ("dish",),
        ("cooking time", "time in the oven"),
        ("{s} takes {v}", "cook {s} for {v}", "{s} is ready after {v}"),
        ("how long does {s} take?", "how long do I cook {s}?", "after how long is {s} ready?"),
    ),
    Relation(
        "event date",
        "date",
        ("event",),
        ("date", "exact date"),
        ("{s} is on {v}", "{s} takes place on {v}", "we have {s} on {v}"),
        ("when is {s}?", "on which date is {s}?", "when does {s} take place?"),
    ),
    Relation(
        "event place",
        "name",
        ("event",),
        ("venue", "place"),
        ("{s} is held in {v}", "{s} happens in {v}", "go to {v} for {s}"),
        ("where is {s}?", "where does {s} happen?", "where is {s} held?", "where do I go for {s}?"),
    ),
    Relation(
        "opening time",
        "time",
        ("shop",),
        ("opening time", "opening hour"),
        ("{s} opens at {v}", "from {v} on {s} is open", "you can enter {s} from {v}"),
        ("when does {s} open?", "at what time does {s} open?", "from when is {s} open?"),
    ),
    Relation(
        "discount",
        "token",
        ("shop", "event"),
        ("discount code", "voucher", "coupon"),
        ("use {v} for a discount at {s}", "{s} takes the voucher {v}", "{v} makes {s} cheaper"),
        ("which voucher does {s} take?", "what do I use for a discount at {s}?", "what makes {s} cheaper?"),
    ),
)
