"""A person's own name, and the folder that holds their work: nbgrader's name of a student."""

import re
import unicodedata
from hashlib import sha256

PLAIN = re.compile(r"(?!.*-[0-9a-f]{10}$)[a-z0-9_][a-z0-9_@-]*([ .][a-z0-9_@-]+)*")
STEERS = re.compile(r"[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
LONGEST = 40  # letters of a folder's name
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9])(\..*)?")  # Windows'


def own(text: str) -> str:
    """Return a name as its person writes it: composed letters (NFC), single blanks, none around.

    macOS writes letters and their accents apart. What cannot be written to a file becomes "?", and
    signs that steer a terminal or turn a line around are dropped.

    >>> own("  Mu\\u0308ller,  Anna ")
    'Müller, Anna'
    """
    text = text.encode("utf8", "replace").decode("utf8")
    return " ".join(STEERS.sub("", unicodedata.normalize("NFC", text)).split())


def safe(name: str) -> str:
    """Return the folder for a name: the same each time, and another one for each other name.

    Plain small letters stay. Any other name gets what is plain in it and a part of its hash, as
    some file systems take "Ada" for "ada".

    >>> safe("ada"), safe("Müller, Anna")
    ('ada', 'muller-anna-5908106950')
    """
    name = own(name)
    if PLAIN.fullmatch(name) and len(name) <= LONGEST and not DEVICES.fullmatch(name):
        return name
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[: LONGEST - 11].strip("-")
    return f"{plain or 'student'}-{sha256(name.encode('utf8')).hexdigest()[:10]}"
