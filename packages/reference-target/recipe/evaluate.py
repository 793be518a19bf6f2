"""What the reference target gets right on held-out prompts, by domain, as JSON for the model card.

    python evaluate.py CORPUS FOLDER [--per-domain 200]

Loss is in nats per response token (teacher-forced). Exact match compares greedy completions: SQL as text with runs
of blanks made one, JSON answers as values; for slots and calls the intent or method alone is reported too.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from data import held_out, read_corpus, render

CONTEXT = 512
BATCH = 25
JSON_DOMAINS = {"intent", "extract", "toolcall"}


def parsed(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return None


def scores(domain: str, expected: str, got: str) -> dict[str, float]:
    if domain == "sql":
        return {"exact": " ".join(expected.split()) == " ".join(got.split())}
    if domain in JSON_DOMAINS:
        want, have = parsed(expected), parsed(got)
        result = {"valid_json": have is not None, "exact": have is not None and want == have}
        part = {"extract": "intent", "toolcall": "method"}.get(domain)
        if part:
            result[part] = isinstance(have, dict) and have.get(part) == want.get(part)
        return result
    return {}


class Evaluated:
    """The model under evaluation. Prompts and responses are lists of token ids."""

    def __init__(self, folder: Path):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.end = self.tokenizer.token_to_id("<|im_end|>")
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def encode(self, example: dict) -> tuple[list[int], list[int]]:
        return self.tokenizer.encode(render(example["prompt"])).ids, self.tokenizer.encode(example["response"]).ids + [self.end]

    @torch.no_grad()
    def nats(self, prompt: list[int], response: list[int]) -> float:
        logits = self.model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1]
        return F.cross_entropy(logits, torch.tensor(response), reduction="sum").item()

    @torch.no_grad()
    def complete(self, prompts: list[list[int]], tokens_max: int) -> list[str]:
        """Greedy completions of a batch, padded on the left."""
        length = max(map(len, prompts))
        ids = torch.tensor([[0] * (length - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (length - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        limit = min(tokens_max, CONTEXT - length)
        outputs = self.model.generate(ids, attention_mask=mask, max_new_tokens=limit, do_sample=False, eos_token_id=self.end, pad_token_id=self.end)
        return [self.tokenizer.decode(output[length:].tolist()) for output in outputs]


def evaluate(model: Evaluated, domain: str, examples: list[dict]) -> dict:
    encoded = [(example["response"], *model.encode(example)) for example in examples]
    fitting = sorted((e for e in encoded if len(e[1]) + len(e[2]) <= CONTEXT), key=lambda e: len(e[1]))
    nats = sum(model.nats(prompt, response) for _, prompt, response in fitting)
    result = {"examples": len(fitting), "loss": round(nats / sum(len(response) for *_, response in fitting), 3)}
    if domain != "sql" and domain not in JSON_DOMAINS:
        return result
    totals: dict[str, float] = defaultdict(float)
    for start in range(0, len(fitting), BATCH):
        batch = fitting[start : start + BATCH]
        longest = max(len(response) for *_, response in batch)
        for (expected, *_), got in zip(batch, model.complete([prompt for _, prompt, _ in batch], longest + 16)):
            for name, value in scores(domain, expected, got).items():
                totals[name] += value
    return result | {name: round(value / len(fitting), 3) for name, value in totals.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-domain", type=int, default=200)
    args = parser.parse_args()
    by_domain = defaultdict(list)
    for example in read_corpus(args.corpus):
        if held_out(example["prompt"]) and len(by_domain[example["domain"]]) < args.per_domain:
            by_domain[example["domain"]].append(example)
    model = Evaluated(args.folder)
    report = {}
    for domain, examples in by_domain.items():
        report[domain] = evaluate(model, domain, examples)
        print(domain, report[domain], flush=True)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
