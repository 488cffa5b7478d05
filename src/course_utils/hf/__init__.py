"""To and from Hugging Face: the same weights, the same tokens, the same logits.

A folder written here loads offline with `AutoModelForCausalLM` and `AutoTokenizer`; a GPT-2 of
theirs loads here, in one file or in shards. Left out: other architectures, pickled weights.
"""

from course_utils.hf.hub import fetch
from course_utils.hf.load import load_model, load_pretrained
from course_utils.hf.save import save_pretrained
from course_utils.hf.untied import UntiedGPT

__all__ = ["UntiedGPT", "fetch", "load_model", "load_pretrained", "save_pretrained"]
