"""To and from Hugging Face: the same weights, the same tokens, the same logits.

A folder written here loads offline with `AutoModelForCausalLM` and `AutoTokenizer`; a GPT-2 of
theirs loads here. Left out: other architectures, sharded files, pickled weights.
"""

from course_utils.hf.load import load_pretrained
from course_utils.hf.save import save_pretrained

__all__ = ["load_pretrained", "save_pretrained"]
