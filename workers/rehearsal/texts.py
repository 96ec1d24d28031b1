"""What synthetic speakers read and everybody is asked, by language."""

from typing import Final

READ: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "the ferry leaves the harbour every morning at seven",
        "please bring two loaves of bread and a jar of honey",
        "our neighbour repaired the old radio in one evening",
        "children were playing football behind the library",
        "the river was so low that we could walk across it",
        "he left his umbrella on the train to the coast",
        "the market is closed on the first day of the month",
        "she wrote a long letter to her brother in the city",
        "turn left after the bridge and look for a green door",
        "we planted beans and maize before the rain began",
        "nobody knew who had painted the walls of the station",
        "the doctor told him to rest for at least three days",
        "my aunt keeps her best plates in the tall cupboard",
        "the lights went out and the whole street fell silent",
        "can you tell me how much a ticket to the museum costs",
        "they carried the heavy table up four flights of stairs",
        "a cold wind blew down from the hills all afternoon",
        "the teacher asked us to read the last page again",
        "fresh coffee smells better than it tastes to me",
        "someone has to feed the chickens while we are away",
    ),
    "es": (
        "el autobús sale de la plaza a las siete y media",
        "mi hermana compró naranjas y una bolsa de arroz",
        "no ha llovido en el valle desde el mes de marzo",
        "los niños cantaron juntos en el patio de la escuela",
        "mañana por la tarde iremos a visitar a los abuelos",
        "la tienda de la esquina vende pan y leche fresca",
    ),
    "fr": (
        "le train pour la mer part demain matin à huit heures",
        "ma voisine a planté des tomates dans son petit jardin",
        "il faut tourner à gauche après le pont de pierre",
        "les enfants jouent au ballon derrière la bibliothèque",
        "elle a écrit une longue lettre à son frère",
        "le marché est fermé le premier lundi du mois",
    ),
    "de": (
        "der bus zum markt fährt um halb acht am rathaus ab",
        "meine schwester hat sechs orangen und reis gekauft",
        "im tal hat es seit dem frühling nicht mehr geregnet",
        "die kinder singen zusammen auf dem platz vor der schule",
        "bitte mach vor dem abendessen das licht in der küche an",
        "der laden an der ecke verkauft brot und frische milch",
    ),
}

QUESTIONS: Final = (
    "What did you do yesterday evening?",
    "Describe the room in which you are sitting.",
    "What do you like to cook, and how?",
    "How do you get to the nearest town from here?",
    "Tell us about a day that you remember well.",
)
# What an annotator of the rehearsal writes for an answer whose words nobody wrote down.
ANSWER_UNKNOWN: Final = "an answer whose words the rehearsal does not know"

HOT_WORDS: Final = frozenset(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
)


def kind_of(text: str) -> str:
    """Return the kind of prompt that a recording with this text was made for."""
    if not text:
        return "question"
    return "hotword" if text.lower() in HOT_WORDS else "read"
