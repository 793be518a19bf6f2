"""Corpus lines to token streams. A line is {"domain", "prompt", "response"}.

The split is by a hash of the prompt, so the same prompt never stands on both sides and the split survives
a reordering of the files.
"""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

HELD_OUT_IN = 40  # one prompt in forty is held out
PROMPT_WEIGHT = 0.1  # the loss on the user's words, against 1 on the model's own


def held_out(prompt: str) -> bool:
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:4], "big") % HELD_OUT_IN == 0


def read_corpus(folder: Path) -> list[dict]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.open(encoding="utf8")]


def render(prompt: str) -> str:
    """The chat template of tokenizer_config.json for one user turn, with the generation prompt."""
    return f"<|im_start|>user\n{prompt}<|im_end|><|im_start|>assistant\n"


def pack(examples: list[dict], tokenizer: Tokenizer, seed: int, length_max: int) -> tuple[np.ndarray, np.ndarray]:
    """One epoch in random order: ids int32 [N] and loss weights float32 [N]."""
    ids, weights = [], []
    end, separator = tokenizer.token_to_id("<|im_end|>"), tokenizer.token_to_id("<|endoftext|>")
    for example in random.Random(seed).sample(examples, len(examples)):
        prompt = tokenizer.encode(render(example["prompt"])).ids
        response = tokenizer.encode(example["response"]).ids
        if len(prompt) + len(response) + 2 > length_max:
            continue
        ids += prompt + response + [end, separator]
        weights += [PROMPT_WEIGHT] * len(prompt) + [1.0] * (len(response) + 1) + [PROMPT_WEIGHT]
    return np.array(ids, dtype=np.int32), np.array(weights, dtype=np.float32)
