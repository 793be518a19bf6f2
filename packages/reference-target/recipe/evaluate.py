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
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from data import held_out, read_corpus, render

CONTEXT = 512
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


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-domain", type=int, default=200)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.folder / "tokenizer.json"))
    model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32).eval()
    end = tokenizer.token_to_id("<|im_end|>")

    by_domain = defaultdict(list)
    for example in read_corpus(args.corpus):
        if held_out(example["prompt"]) and len(by_domain[example["domain"]]) < args.per_domain:
            by_domain[example["domain"]].append(example)

    report = {}
    for domain, examples in by_domain.items():
        nats = tokens = 0
        totals: dict[str, float] = defaultdict(float)
        used = 0
        for example in examples:
            prompt = tokenizer.encode(render(example["prompt"])).ids
            response = tokenizer.encode(example["response"]).ids + [end]
            if len(prompt) + len(response) > CONTEXT:
                continue
            used += 1
            logits = model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1]
            nats += torch.nn.functional.cross_entropy(logits, torch.tensor(response), reduction="sum").item()
            tokens += len(response)
            if domain == "sql" or domain in JSON_DOMAINS:
                limit = min(len(response) + 16, CONTEXT - len(prompt))
                output = model.generate(torch.tensor([prompt]), max_new_tokens=limit, do_sample=False, eos_token_id=end, pad_token_id=0)
                ids = output[0, len(prompt) :].tolist()
                completion = tokenizer.decode(ids[: ids.index(end)] if end in ids else ids)
                for name, value in scores(domain, example["response"], completion).items():
                    totals[name] += value
        report[domain] = {"examples": used, "loss": round(nats / tokens, 3)} | {name: round(value / used, 3) for name, value in totals.items()}
        print(domain, report[domain], flush=True)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
