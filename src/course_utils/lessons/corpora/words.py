"""The words of the story grammar: short and common, so that each becomes one token."""

_LISTS = {
    "girls": """Mia Ana Zoe Lily Emma Nora Ruby Rosa Lucy Ella Maya Nina
        Ivy Eva Sara Amy Tara Lena Mei Aisha Leila Hana Olga Clara""",
    "boys": """Tom Ben Max Leo Sam Jack Finn Omar Noah Ravi Luca Hugo
        Ivan Adam Paul Oscar Felix Kai Juan Ali Theo Wei Eli Marc""",
    "things": """kite ball drum doll boat book bell hat lamp key cup bowl box bag basket flute
        whistle ring map shell feather ribbon mirror clock puppet puzzle robot rocket train truck
        flag fan comb brush spoon jar vase pot candle lantern pen mask crown cape scarf watch horn
        wheel plate statue bottle bracelet necklace camera radio violin""",
    "colours": """red blue green yellow black white brown pink
        purple grey golden silver violet striped spotted shiny""",
    "places": """park beach lake river garden forest market school library farm castle museum
        harbour station bakery mill barn meadow hill village tower temple zoo fair circus shop
        theatre pond valley bay camp cave field hall inn pier square stable pool port""",
    "moods": """happy glad proud calm brave merry jolly lucky cheerful joyful hopeful peaceful
        playful curious eager excited grateful pleased relaxed content bold
        lively thankful strong""",
    "spots": """bench bush rock log tree cart stump fence
        ladder hedge table stone crate bridge barrel tent""",
    "animals": """dog cat fox goat crow monkey squirrel duck goose parrot
        puppy kitten raven pig pony lamb mouse rabbit bear sheep""",
    "treats": "pear peach plum melon lemon banana cookie pie muffin cherry carrot pumpkin nut bun",
    "stuff": "tape glue string wire wool wood paper cloth rope clay wax thread leather silk",
    "kin": "mother father sister brother aunt uncle cousin grandma grandpa teacher",
    "days": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}

WORDS = {name: text.split() for name, text in _LISTS.items()}

FORMS = {  # what depends on whether a name is a girl's or a boy's: pronouns, and the friend's list
    form: {**dict.fromkeys(WORDS["girls"], hers), **dict.fromkeys(WORDS["boys"], his)}
    for form, hers, his in [
        ("He", "She", "He"),
        ("he", "she", "he"),
        ("his", "her", "his"),
        ("friends", "boys", "girls"),
    ]
}
