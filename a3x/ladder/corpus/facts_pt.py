"""The Brazilian Portuguese fact kinds: nouns, statements and questions of every relation, and the frames common to all.

Pure tables. Placeholders: ``{s}`` subject, ``{d}`` and ``{em}`` the subject after *de* and *em*, ``{v}`` value,
``{np}`` "o código do armário", ``{dnp}`` the same after *de*, ``{bare}`` the same without its article, ``{an}`` and
``{n}`` the noun with and without article. Knows nothing of how they are drawn.
"""

from __future__ import annotations

from a3x.ladder.corpus.relation import Relation

FRAMES: tuple[str, ...] = tuple(
    line.strip()
    for line in """
    qual é {np}?
    qual é mesmo {np}?
    qual era {np}?
    qual era mesmo {np}?
    qual {np}?
    me diga {np}
    me diga {np}, por favor
    por favor, me diga {np}
    me diga qual é {np}
    me diz {np}
    me diz qual é {np}
    diga {np}
    diga qual é {np}
    me fala {np}
    me fala qual é {np}
    me fale {np}, por favor
    fala {np}
    pode me dizer {np}?
    pode me dizer qual é {np}?
    você pode me dizer {np}?
    você pode me dizer qual é {np}?
    poderia me dizer {np}?
    consegue me dizer {np}?
    tem como me dizer {np}?
    me lembra {np}
    me lembra: {np}
    me lembra qual é {np}
    me lembre {dnp}
    me lembre {dnp}, por favor
    me lembre qual é {np}
    pode me lembrar {dnp}?
    você pode me lembrar {dnp}?
    pode me lembrar qual é {np}?
    me ajuda a lembrar {np}
    você sabe {np}?
    você sabe qual é {np}?
    sabe qual é {np}?
    sabe me dizer {np}?
    você lembra {np}?
    você se lembra {dnp}?
    você ainda lembra {dnp}?
    você lembra qual é {np}?
    lembra {dnp}?
    lembra qual é {np}?
    consegue lembrar {np}?
    {np}?
    {bare}?
    {np}, por favor
    {bare}, por favor
    {np} = ?
    {bare} = ?
    {bare}:
    {np} é qual?
    {np} é ...
    esqueci {np}
    esqueci {np}, qual é?
    esqueci qual é {np}
    eu esqueci {np}
    me esqueci {dnp}
    sempre esqueço {np}
    não lembro {np}
    não me lembro {dnp}
    não lembro qual é {np}
    não sei mais qual é {np}
    não consigo lembrar {np}
    estou tentando lembrar {np}
    preciso {dnp}
    preciso {dnp} agora
    preciso saber {np}
    preciso saber qual é {np}
    quero saber {np}
    quero saber qual é {np}
    queria saber {np}
    gostaria de saber {np}
    gostaria de saber qual é {np}
    estou procurando {np}
    pergunta rápida: {np}?
    pergunta rápida, qual é {np}?
    uma pergunta: qual é {np}?
    uma dúvida: qual é {np}?
    rapidinho: {np}?
    me dá {np}
    me dê {np}
    me dê {np}, por favor
    me passa {np}
    me passe {np}, por favor
    pode me passar {np}?
    pode me dar {np}?
    me manda {np}
    me conta {np}
    me conta qual é {np}
    me informe {np}
    informe {np}
    escreva {np}
    escreve {np} para mim
    o que eu te disse sobre {np}?
    o que eu falei sobre {np}?
    o que eu te contei sobre {np}?
    o que você sabe sobre {np}?
    o que você anotou sobre {np}?
    o que suas notas dizem sobre {np}?
    qual eu disse que era {np}?
    e {np}?
    e qual é {np}?
    então, qual é {np}?
    oi, qual é {np}?
    olá, pode me dizer {np}?
    ei, qual é {np}?
    desculpa, qual é {np}?
    desculpe, qual era mesmo {np}?
    com licença, qual é {np}?
    afinal, qual é {np}?
    aliás, qual é {np}?
    de novo: qual é {np}?
    mais uma vez, qual é {np}?
    repete para mim qual é {np}
    só me diga {np}
    procure {np}
    procura {np} para mim
    confere {np} para mim
    complete: {np} é
    complete a frase: {np} é
    preencha: {np} é ___
    me perguntaram qual é {np}
    estão perguntando {np}
    se me perguntarem {np}, o que eu respondo?
    pelo que eu te contei, qual é {np}?
    """.strip().splitlines()
)

NOUN_FRAMES_ME: tuple[str, ...] = (
    "no meu caso, qual é {an}?",
    "para mim, qual é {an}?",
    "sobre mim: qual é {an}?",
    "falando de mim, qual é {an}?",
    "{n}, no meu caso?",
    "quanto ao meu caso: {an}?",
    "qual é {an} que eu te contei?",
    "qual é {an} que eu mencionei?",
)
NOUN_FRAMES: tuple[str, ...] = (
    "sobre {s}: qual é {an}?",
    "{s}: qual é {an}?",
    "{s}, {n}?",
    "{s}: {n}?",
    "falando {d}, qual é {an}?",
    "uma dúvida sobre {s}: qual é {an}?",
    "no caso {d}, qual é {an}?",
    "tenho uma pergunta sobre {s}: qual é {an}?",
    "e {s}, qual é {an}?",
    "qual é {an} que eu te dei para {s}?",
    "qual é {an} que eu mencionei para {s}?",
    "para {s}, {an} é",
)

SAYS_ME: tuple[str, ...] = (
    "{np} é {v}",
    "{np} é {v}",
    "{v} é {np}",
    "no meu caso, {an} é {v}",
    "hoje {np} é {v}",
)
SAYS: tuple[str, ...] = (
    "{np} é {v}",
    "{np} é {v}",
    "{v} é {np}",
    "para {s}, {an} é {v}",
    "no caso {d}, {an} é {v}",
)


def _favourite(noun: str, value: str, says: tuple[str, ...], asks: tuple[str, ...]) -> Relation:
    article, thing = noun.split(" ", 1)
    ending = "o" if article == "o" else "a"
    favourites = (f"{noun} favorit{ending}", f"{noun} preferid{ending}", f"{noun} predilet{ending}")
    says += (f"{noun} de que {{s}} mais gosta é {{v}}", f"{noun} de que eu mais gosto é {{v}}")
    asks += (f"qual {thing} eu prefiro?", f"de que {thing} eu mais gosto?", f"qual é {noun} de que eu mais gosto?")
    asks += (f"qual {thing} {{s}} prefere?", f"de que {thing} {{s}} mais gosta?", f"que {thing} {{s}} escolheria?")
    return Relation(f"{noun} favorit{ending}", value, ("me", "person"), favourites, says, asks)


RELATIONS: tuple[Relation, ...] = (
    Relation(
        "comando",
        "command",
        ("nick",),
        ("o comando",),
        (
            "quando eu digo {s}, quero dizer {v}",
            "se eu disser {s}, rode {v}",
            "{s} significa {v}",
            "{s} quer dizer: rode {v}",
            "sempre que eu falar {s}, eu quero {v}",
            "com {s} eu quero dizer {v}",
            "eu chamo {v} de {s}",
            "{s} é o meu nome para {v}",
            "{s} representa o comando {v}",
            "dizer {s} deve rodar {v}",
        ),
        (
            "o que eu quero dizer com {s}?",
            "o que significa {s}?",
            "o que {s} quer dizer?",
            "que comando eu quero dizer com {s}?",
            "o que você deve rodar quando eu digo {s}?",
            "o que você roda quando eu digo {s}?",
            "traduza {s} em um comando",
            "quando eu digo {s}, que comando eu quero?",
            "quando eu falo {s}, o que eu quero dizer?",
            "se eu disser {s}, o que você deve rodar?",
            "se eu falar {s}, que comando é esse?",
            "que comando é {s}?",
            "qual comando {s} representa?",
            "o que {s} representa?",
            "o que {s} roda?",
            "transforme {s} em comando",
            "converta {s} no comando",
            "escreva o comando para {s}",
            "expanda {s}",
            "o que eu quero quando digo {s}?",
            "eu digo {s}, você roda o quê?",
            "{s} é qual comando?",
            "{s} significa o quê?",
            "{s} roda qual comando?",
            "como eu faço {s} no terminal?",
            "o que está por trás de {s}?",
            "{s}?",
        ),
        (
            "o comando para {s}",
            "o significado de {s}",
            "o comando por trás de {s}",
            "o comando que eu chamo de {s}",
            "o comando de terminal para {s}",
            "o comando que {s} representa",
        ),
    ),
    Relation(
        "nome de pasta",
        "path",
        ("nick",),
        ("a pasta",),
        (
            "quando eu digo a pasta {s}, quero dizer {v}",
            "a pasta que eu chamo de {s} é {v}",
            "guardo os arquivos {s} em {v}",
        ),
        (
            "que pasta eu chamo de {s}?",
            "onde eu guardo os arquivos {s}?",
            "onde estão os arquivos {s}?",
            "em que pasta estão os arquivos {s}?",
        ),
        ("a pasta para {s}", "a pasta chamada {s}", "o caminho da pasta {s}"),
    ),
    Relation(
        "sigla",
        "words",
        ("abbreviation",),
        ("a sigla",),
        ("{s} é a sigla de {v}", "as letras {s} querem dizer {v}", "eu escrevo {s} em vez de {v}"),
        (
            "{s} é a sigla de quê?",
            "o que as letras {s} querem dizer?",
            "escreva {s} por extenso",
            "de que {s} é a sigla?",
        ),
        ("a forma longa de {s}", "o nome por extenso de {s}", "a forma completa de {s}"),
    ),
    Relation(
        "palavra secreta",
        "word",
        ("codeword",),
        ("a palavra",),
        ("a palavra secreta {s} significa {v}", "na nossa língua {s} significa {v}", "{s} é a nossa palavra para {v}"),
        (
            "o que significa a palavra secreta {s}?",
            "como se traduz a palavra {s}?",
            "para que palavra se traduz {s}?",
            "traduza a palavra {s}",
        ),
        ("a tradução de {s}", "o sentido da palavra secreta {s}", "a tradução da palavra {s}"),
    ),
    Relation(
        "atalho",
        "keys",
        ("nick",),
        ("o atalho",),
        ("aperte {v} para {s}", "{s} fica no atalho {v}", "eu faço {s} com {v}"),
        ("que teclas eu aperto para {s}?", "como eu faço {s} com o teclado?", "o que eu aperto para {s}?"),
        ("o atalho de teclado para {s}", "a combinação de teclas para {s}", "o atalho de {s}"),
    ),
    _favourite("a cor", "colour", ("eu amo a cor {v}", "{s} ama a cor {v}"), ("que cor eu amo?", "que cor {s} ama?")),
    _favourite("a bebida", "drink", ("eu sempre bebo {v}", "{s} sempre bebe {v}"), ("o que {s} sempre bebe?",)),
    _favourite("o prato", "food", ("eu sempre peço {v}", "{s} sempre pede {v}"), ("o que {s} sempre pede?",)),
    _favourite("o editor", "editor", ("eu edito com o {v}", "eu escrevo tudo no {v}"), ("que editor eu uso?",)),
    _favourite("a linguagem", "coding", ("eu programo em {v}", "{s} programa em {v}"), ("em que eu programo?",)),
    _favourite("o navegador", "browser", ("eu navego com o {v}",), ("que navegador eu uso?", "com que eu navego?")),
    _favourite("o shell", "shell", ("eu uso o shell {v}",), ("que shell eu uso?", "em que shell eu trabalho?")),
    _favourite("a banda", "full_name", ("eu ouço {v} o dia todo",), ("que banda eu ouço?", "quem eu ouço o dia todo?")),
    _favourite(
        "o time", "name", ("eu torço para {v}", "{s} torce para {v}"), ("para quem eu torço?", "para quem {s} torce?")
    ),
    _favourite(
        "o jogo", "name", ("eu jogo muito {v}", "{s} joga muito {v}"), ("o que eu jogo muito?", "que jogo eu jogo?")
    ),
    Relation(
        "tema",
        "theme",
        ("me",),
        ("o tema", "o tema da tela", "o tema visual"),
        ("eu uso o tema {v}", "eu prefiro o tema {v}", "deixe minhas telas no tema {v}"),
        ("que tema eu uso?", "que tema eu prefiro?", "que tema você deve usar para mim?", "claro ou escuro para mim?"),
    ),
    Relation(
        "indentação",
        "indent",
        ("me",),
        ("a indentação", "a indentação preferida"),
        ("eu indento com {v}", "quero {v} na indentação", "indente meu código com {v}"),
        (
            "como eu indento?",
            "com que eu indento?",
            "como você deve indentar meu código?",
            "de que indentação eu gosto?",
        ),
    ),
    Relation(
        "formato de hora",
        "clock",
        ("me",),
        ("o formato de hora", "o formato do relógio", "o formato de hora preferido"),
        ("eu escrevo as horas no formato {v}", "me mostre as horas no formato {v}", "quero o relógio no formato {v}"),
        ("como eu escrevo as horas?", "como você deve me mostrar as horas?", "em que formato eu quero o relógio?"),
    ),
    Relation(
        "língua das respostas",
        "tongue",
        ("me",),
        ("a língua das respostas", "o idioma das respostas"),
        ("me responda em {v}", "quero respostas em {v}", "escreva para mim sempre em {v}"),
        (
            "em que língua eu quero respostas?",
            "em que idioma você deve me responder?",
            "em que língua você me escreve?",
        ),
    ),
    Relation(
        "fonte",
        "name",
        ("me",),
        ("a fonte", "a fonte da tela", "a fonte preferida"),
        ("eu uso a fonte {v}", "eu leio tudo na fonte {v}", "coloquei a fonte {v} em tudo"),
        ("que fonte eu uso?", "de que fonte eu gosto?", "que fonte você deve colocar?"),
    ),
    Relation(
        "meu nome",
        "person",
        ("me",),
        ("o nome", "o primeiro nome"),
        ("eu sou {v}", "eu me chamo {v}", "me chamo {v}", "as pessoas me chamam de {v}", "pode me chamar de {v}"),
        ("quem sou eu?", "como eu me chamo?", "como me chamam?", "como você deve me chamar?", "você sabe quem eu sou?"),
    ),
    Relation(
        "idade",
        "size",
        ("me", "person", "pet"),
        ("a idade",),
        ("{s} tem {v} anos", "eu tenho {v} anos", "{s} fez {v} anos este ano", "fiz {v} anos este ano"),
        (
            "quantos anos {s} tem?",
            "quantos anos eu tenho?",
            "que idade {s} tem?",
            "que idade eu tenho?",
            "{s} tem quantos anos?",
        ),
    ),
    Relation(
        "aniversário",
        "date",
        ("me", "person"),
        ("o aniversário", "a data de nascimento", "o dia do aniversário"),
        ("{s} faz aniversário em {v}", "eu faço aniversário em {v}", "{s} nasceu em {v}", "eu nasci em {v}"),
        ("quando {s} nasceu?", "quando eu nasci?", "quando {s} faz aniversário?", "quando eu faço aniversário?"),
    ),
    Relation(
        "telefone",
        "phone",
        ("me", "person", "shop"),
        ("o telefone", "o número de telefone", "o contato"),
        ("você pode ligar para {s} no {v}", "você pode me ligar no {v}", "ligue {v} para falar com {s}"),
        ("para que número eu ligo para falar com {s}?", "como eu ligo para {s}?", "em que número me encontram?"),
    ),
    Relation(
        "cidade",
        "name",
        ("me", "person"),
        ("a cidade", "a cidade natal"),
        ("{s} mora em {v}", "eu moro em {v}", "{s} se mudou para {v}", "eu me mudei para {v}"),
        ("onde {s} mora?", "onde eu moro?", "em que cidade {s} mora?", "em que cidade eu moro?", "{s} mora onde?"),
    ),
    Relation(
        "rua",
        "full_name",
        ("me", "person", "shop"),
        ("a rua", "o nome da rua"),
        ("{s} fica na rua {v}", "minha casa fica na rua {v}", "você encontra {s} na rua {v}"),
        ("em que rua fica {s}?", "em que rua fica a minha casa?", "em que rua eu encontro {s}?"),
    ),
    Relation(
        "empresa",
        "name",
        ("me", "person"),
        ("a empresa", "o emprego"),
        ("{s} trabalha na {v}", "eu trabalho na {v}", "{s} tem um emprego na {v}", "eu tenho um emprego na {v}"),
        ("onde {s} trabalha?", "onde eu trabalho?", "em que empresa {s} trabalha?", "em que empresa eu trabalho?"),
    ),
    Relation(
        "profissão",
        "job",
        ("me", "person"),
        ("a profissão", "a ocupação"),
        ("{s} trabalha como {v}", "eu trabalho como {v}", "{s} ganha a vida como {v}"),
        ("o que {s} faz da vida?", "eu trabalho como o quê?", "{s} trabalha como o quê?", "o que eu faço da vida?"),
    ),
    Relation(
        "gerente",
        "person",
        ("me", "person", "team"),
        ("o gerente", "o chefe", "o supervisor"),
        ("{s} responde a {v}", "eu respondo a {v}", "{v} gerencia {s}", "quem chefia {s} é {v}"),
        (
            "a quem {s} responde?",
            "quem gerencia {s}?",
            "quem chefia {s}?",
            "a quem eu respondo?",
            "quem é o meu gerente?",
        ),
    ),
    Relation(
        "vizinho",
        "person",
        ("me", "person"),
        ("o vizinho", "o vizinho de porta"),
        ("{v} mora ao lado {d}", "{v} mora ao meu lado", "{v} mora na porta ao lado {d}"),
        (
            "quem mora ao lado {d}?",
            "quem mora ao meu lado?",
            "quem mora na porta ao lado {d}?",
            "quem é o meu vizinho?",
        ),
    ),
    Relation(
        "dentista",
        "person",
        ("me", "person"),
        ("o dentista",),
        ("{s} vai ao consultório de {v}", "{v} cuida dos dentes {d}", "{v} cuida dos meus dentes"),
        (
            "quem é o meu dentista?",
            "quem cuida dos dentes {d}?",
            "quem cuida dos meus dentes?",
            "quem é o dentista {d}?",
        ),
    ),
    Relation(
        "melhor amigo",
        "person",
        ("me", "person"),
        ("o melhor amigo", "o grande amigo"),
        ("{s} tem uma grande amizade com {v}", "eu tenho uma grande amizade com {v}", "{v} é como família para {s}"),
        ("quem é o meu melhor amigo?", "com quem {s} tem uma grande amizade?", "quem é o melhor amigo {d}?"),
    ),
    Relation(
        "professor",
        "person",
        ("me", "person", "team"),
        ("o professor", "o instrutor"),
        ("{v} dá aula para {s}", "{v} dá aula para mim", "{s} tem aula com {v}"),
        ("quem dá aula para {s}?", "quem dá aula para mim?", "com quem {s} tem aula?", "com quem eu tenho aula?"),
    ),
    Relation(
        "calçado",
        "size",
        ("me", "person"),
        ("o número do calçado", "o tamanho do sapato"),
        ("{s} calça {v}", "eu calço {v}", "{s} usa sapatos de número {v}"),
        ("que número {s} calça?", "que número eu calço?", "quanto {s} calça?", "quanto eu calço?"),
    ),
    Relation(
        "crachá",
        "number",
        ("me", "person"),
        ("o crachá", "o número do crachá", "o número de funcionário"),
        ("{s} usa o crachá {v}", "eu uso o crachá {v}", "no crachá {d} está escrito {v}"),
        ("que crachá {s} usa?", "que crachá eu uso?", "o que está escrito no crachá {d}?"),
    ),
    Relation(
        "código",
        "code",
        ("lock",),
        ("o código", "o código de acesso", "o segredo"),
        (
            "{s} abre com {v}",
            "use {v} para abrir {s}",
            "digite {v} para abrir {s}",
            "{s} tem o código {v}",
            "abro {s} com {v}",
        ),
        (
            "que código abre {s}?",
            "o que abre {s}?",
            "como eu abro {s}?",
            "o que eu digito para abrir {s}?",
            "que número abre {s}?",
            "com que código {s} abre?",
            "quero abrir {s}, o que eu digito?",
        ),
    ),
    Relation(
        "lugar da chave",
        "spot",
        ("lock", "car"),
        ("o lugar da chave", "o esconderijo da chave"),
        (
            "a chave {d} fica neste lugar: {v}",
            "guardo a chave {d} neste lugar: {v}",
            "procure a chave {d} neste lugar: {v}",
        ),
        ("onde está a chave {d}?", "onde eu guardo a chave {d}?", "onde devo procurar a chave {d}?"),
    ),
    Relation(
        "PIN",
        "pin",
        ("me", "person"),
        ("o PIN", "o PIN do cartão", "o PIN do banco"),
        ("eu pago com o PIN {v}", "{s} paga com o PIN {v}", "{s} usa o PIN {v}", "eu uso o PIN {v}"),
        ("que PIN eu uso?", "que PIN {s} usa?", "com que PIN {s} paga?", "com que PIN eu pago?"),
    ),
    Relation(
        "porta",
        "port",
        ("device", "project"),
        ("a porta de rede", "o número da porta", "a porta TCP"),
        ("{s} escuta na porta {v}", "{s} roda na porta {v}", "{s} usa a porta {v}", "a porta {v} é usada por {s}"),
        ("que porta {s} usa?", "em que porta {s} escuta?", "em que porta {s} roda?", "em que porta está {s}?"),
    ),
    Relation(
        "senha",
        "token",
        ("me", "device", "project"),
        ("a senha", "a senha de acesso", "a senha de login"),
        ("eu entro com {v}", "para entrar {em} use {v}", "{s} aceita a senha {v}", "{v} desbloqueia {s}"),
        ("que senha {s} aceita?", "como eu entro {em}?", "o que desbloqueia {s}?", "com que senha eu entro?"),
    ),
    Relation(
        "endereço",
        "ip",
        ("device",),
        ("o endereço IP", "o IP", "o endereço de rede"),
        ("{s} está em {v}", "{s} responde em {v}", "conecte em {v} para usar {s}"),
        ("em que IP está {s}?", "que IP {s} tem?", "em que endereço responde {s}?"),
    ),
    Relation(
        "versão",
        "version",
        ("device", "project"),
        ("a versão", "o número da versão", "a versão atual"),
        ("{s} roda a versão {v}", "{s} está na versão {v}", "atualizamos {s} para a versão {v}"),
        ("que versão {s} roda?", "em que versão está {s}?", "para que versão atualizamos {s}?"),
    ),
    Relation(
        "série",
        "serial",
        ("device", "object"),
        ("o número de série", "a série"),
        ("{s} tem o número de série {v}", "a etiqueta {d} diz {v}", "{v} está gravado {em}"),
        ("o que está gravado {em}?", "o que diz a etiqueta {d}?", "que número de série está gravado {em}?"),
    ),
    Relation(
        "dono",
        "person",
        ("device", "car", "object", "pet"),
        ("o dono", "o proprietário"),
        ("{s} pertence a {v}", "{v} comprou {s}", "quem tem {s} é {v}"),
        ("de quem é {s}?", "a quem pertence {s}?", "quem comprou {s}?", "{s} é de quem?", "{s} pertence a quem?"),
    ),
    Relation(
        "nome",
        "name",
        ("device", "pet", "car", "project"),
        ("o nome", "o apelido"),
        ("{s} se chama {v}", "chamamos {s} de {v}", "{s} atende por {v}", "o nome que deram para {s} foi {v}"),
        ("como se chama {s}?", "como chamamos {s}?", "que nome tem {s}?", "por que nome atende {s}?"),
    ),
    Relation(
        "prazo",
        "date",
        ("project",),
        ("o prazo", "a data de entrega"),
        ("{s} deve ser entregue em {v}", "precisamos entregar {s} até {v}", "{s} tem que ficar pronto até {v}"),
        ("quando entregamos {s}?", "até quando {s} tem que ficar pronto?", "até quando temos para {s}?"),
    ),
    Relation(
        "pasta",
        "path",
        ("project", "team"),
        ("a pasta", "o diretório", "o local dos arquivos"),
        ("{s} fica em {v}", "os arquivos {d} estão em {v}", "você encontra {s} em {v}", "guardamos {s} em {v}"),
        ("onde estão os arquivos {d}?", "em que pasta fica {s}?", "que caminho leva aos arquivos {d}?"),
    ),
    Relation(
        "líder",
        "person",
        ("project", "event"),
        ("o líder", "o responsável", "o organizador"),
        ("{v} lidera {s}", "{v} responde por {s}", "quem cuida {d} é {v}"),
        ("quem lidera {s}?", "quem responde por {s}?", "quem organiza {s}?", "quem cuida {d}?"),
    ),
    Relation(
        "orçamento",
        "money",
        ("project", "team", "event"),
        ("o orçamento", "o orçamento total"),
        ("{s} pode gastar {v}", "temos {v} para {s}", "{s} tem {v} para gastar"),
        ("quanto {s} pode gastar?", "quanto temos para {s}?", "quanto dinheiro há para {s}?"),
    ),
    Relation(
        "branch",
        "token",
        ("project",),
        ("o branch", "o branch do git", "o ramo de trabalho"),
        ("{s} está no branch {v}", "trabalhamos {em} no branch {v}", "use o branch {v} para {s}"),
        ("em que branch está {s}?", "que branch usamos para {s}?", "em que branch trabalhamos {em}?"),
    ),
    Relation(
        "dia da reunião",
        "day",
        ("team", "project"),
        ("o dia da reunião", "o dia de reunião"),
        (
            "a reunião {d} cai sempre neste dia: {v}",
            "{s} tem reunião neste dia: {v}",
            "o dia em que {s} se reúne é {v}",
        ),
        ("em que dia há reunião {d}?", "que dia {s} tem reunião?", "em que dia da semana cai a reunião {d}?"),
    ),
    Relation(
        "hora da reunião",
        "time",
        ("team", "project"),
        ("a hora da reunião", "o horário da reunião"),
        ("a reunião {d} começa às {v}", "{s} tem reunião às {v}", "esteja na reunião {d} às {v}"),
        ("a que horas começa a reunião {d}?", "a que horas {s} tem reunião?", "que horas é a reunião {d}?"),
    ),
    Relation(
        "membros",
        "size",
        ("team",),
        ("o número de membros", "o total de membros"),
        ("{s} tem {v} membros", "há {v} pessoas {em}", "{v} pessoas fazem parte {d}"),
        ("quantas pessoas há {em}?", "quantos membros {s} tem?", "quantas pessoas fazem parte {d}?"),
    ),
    Relation(
        "ração",
        "ingredient",
        ("pet",),
        ("a comida", "a comida favorita"),
        ("{s} come {v}", "{s} só come {v}", "eu dou {v} para {s} comer"),
        ("o que {s} come?", "o que eu dou para {s} comer?", "que comida {s} come?"),
    ),
    Relation(
        "cor",
        "colour",
        ("object", "car", "pet"),
        ("a cor",),
        ("{s} tem a cor {v}", "a cor que escolheram para {s} foi {v}", "pintaram {s} com a cor {v}"),
        ("de que cor é {s}?", "que cor tem {s}?", "{s} é de que cor?", "com que cor pintaram {s}?"),
    ),
    Relation(
        "preço",
        "money",
        ("object", "car", "dish", "device"),
        ("o preço", "o custo", "o valor"),
        ("{s} custa {v}", "pagamos {v} por {s}", "você compra {s} por {v}"),
        ("quanto custa {s}?", "quanto pagamos por {s}?", "por quanto eu compro {s}?", "{s} custa quanto?"),
    ),
    Relation(
        "lugar",
        "spot",
        ("object", "device"),
        ("o lugar", "a localização"),
        ("{s} está neste lugar: {v}", "deixei {s} neste lugar: {v}", "guardo {s} neste lugar: {v}"),
        ("onde está {s}?", "onde eu deixei {s}?", "onde eu guardo {s}?", "onde fica {s}?", "cadê {s}?"),
    ),
    Relation(
        "peso",
        "weight",
        ("object", "pet", "dish"),
        ("o peso",),
        ("{s} pesa {v}", "a balança marca {v} para {s}", "{s} chega a {v} na balança"),
        ("quanto pesa {s}?", "{s} pesa quanto?", "quanto a balança marca para {s}?"),
    ),
    Relation(
        "placa",
        "plate",
        ("car",),
        ("a placa", "o número da placa"),
        ("{s} tem a placa {v}", "na placa {d} está escrito {v}", "{s} anda com a placa {v}"),
        ("que placa {s} tem?", "o que está escrito na placa {d}?", "com que placa {s} anda?"),
    ),
    Relation(
        "wifi",
        "token",
        ("me", "room", "shop"),
        ("o nome do wifi", "a rede wifi", "o wifi"),
        ("o wifi {d} se chama {v}", "{em}, conecte em {v}", "em casa eu conecto em {v}"),
        ("como se chama o wifi {d}?", "que wifi eu uso {em}?", "em que rede eu conecto {em}?"),
    ),
    Relation(
        "número da sala",
        "number",
        ("room", "event", "team"),
        ("o número da entrada", "o número da porta"),
        ("{s} fica na porta {v}", "vá até a porta {v} para {s}", "{s} tem a porta de número {v}"),
        ("em que porta fica {s}?", "até que porta eu vou para {s}?", "que número está na porta {d}?"),
    ),
    Relation(
        "ingrediente",
        "ingredient",
        ("dish",),
        ("o ingrediente principal", "o ingrediente secreto"),
        ("{s} leva {v}", "o segredo {d} é {v}", "você precisa de {v} para {s}"),
        ("o que leva {s}?", "de que eu preciso para {s}?", "qual é o segredo {d}?"),
    ),
    Relation(
        "tempo de preparo",
        "minutes",
        ("dish",),
        ("o tempo de preparo", "o tempo de forno"),
        ("{s} demora {v}", "cozinhe {s} por {v}", "{s} fica no fogo por {v}"),
        ("quanto tempo demora {s}?", "por quanto tempo eu cozinho {s}?", "quanto tempo {s} fica no fogo?"),
    ),
    Relation(
        "data",
        "date",
        ("event",),
        ("a data", "a data exata"),
        ("{s} será em {v}", "{s} acontece em {v}", "temos {s} em {v}"),
        ("quando será {s}?", "em que data é {s}?", "quando acontece {s}?", "quando é {s}?"),
    ),
    Relation(
        "local",
        "name",
        ("event",),
        ("o local", "o endereço"),
        ("{s} vai acontecer em {v}", "o local marcado para {s} é {v}", "vá para {v}, é lá {s}"),
        ("onde será {s}?", "onde acontece {s}?", "em que local é {s}?", "para onde eu vou para {s}?"),
    ),
    Relation(
        "hora de abertura",
        "time",
        ("shop",),
        ("a hora de abertura", "o horário de abertura"),
        ("{s} abre às {v}", "a partir das {v} dá para entrar {em}", "as portas {d} se abrem às {v}"),
        ("quando abre {s}?", "a que horas abre {s}?", "a partir de que horas dá para entrar {em}?"),
    ),
    Relation(
        "desconto",
        "token",
        ("shop", "event"),
        ("o código de desconto", "o cupom", "o vale"),
        ("use {v} para ter desconto {em}", "{s} aceita o cupom {v}", "com {v} sai mais barato {em}"),
        ("que cupom {s} aceita?", "o que eu uso para ter desconto {em}?", "com que cupom sai mais barato {em}?"),
    ),
)
