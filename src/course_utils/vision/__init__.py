"""A GPT that sees: patches, an image encoder, a projector, and the GPT of `course_utils.model`.

Reading order: `patches` (a picture as a row of vectors), `encoder` (vectors that know of one
another), `model` (these vectors in front of a text), `data` (pictures with texts, in batches),
`many` (several texts about one picture at once), `layout` (how questions and captions stand behind
a picture), `files` (save and load).
"""

from course_utils.vision.data import PictureRows, Shown, shown_loss
from course_utils.vision.encoder import ImageEncoder
from course_utils.vision.files import is_vision, load_vision, save_vision
from course_utils.vision.many import ManyTexts
from course_utils.vision.model import VisionConfig, VisionGPT
from course_utils.vision.patches import patchify, to_floats, unpatchify

__all__ = [
    "ImageEncoder",
    "ManyTexts",
    "PictureRows",
    "Shown",
    "VisionConfig",
    "VisionGPT",
    "is_vision",
    "load_vision",
    "patchify",
    "save_vision",
    "shown_loss",
    "to_floats",
    "unpatchify",
]
