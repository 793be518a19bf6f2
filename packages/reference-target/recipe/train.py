"""Trains the reference target on a CPU or a GPU: Muon on the matrices, Adam on embedding and norms.

    python train.py CORPUS CHECKPOINT [--tokens 2e7] [--minutes 120] [--init FOLDER]

The learning rate warms up, holds, and decays to zero over the last part of the budget; the budget is tokens or
minutes of training, whichever is used up first. A run that was stopped goes on from CHECKPOINT when it is
started again with the same arguments. Progress goes to standard output, the learning curve to
CHECKPOINT with the suffix .curve.jsonl.
"""

import argparse
import json
import random
import signal
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from data import held_out, pack, read_corpus
from export import load_checkpoint_folder
from model import Config, LanguageModel

WARM_UP_STEPS = 20
MUON_RATE, MUON_MOMENTUM, MUON_DECAY = 0.02, 0.95, 0.1
ADAM_RATE = 3e-3
PROMPT_SHARE = 0.25  # of the prompt's positions pay for the output head; their weight makes up for it
LONG_FROM = 0.85  # the last part of the budget trains on whole-context sequences


@torch.no_grad()
def orthogonalise(update: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz iteration of Muon (Jordan et al., 2024): the nearest semi-orthogonal matrix, roughly."""
    tall = update.shape[0] > update.shape[1]
    x = (update.T if tall else update).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * (gram @ gram)) @ x
    return (x.T if tall else x).to(update.dtype)


class Muon:
    """Fused projections (q, k, v; gate, up) are orthogonalised one by one: each is a map of its own."""

    def __init__(self, matrices: list[tuple[torch.Tensor, int]]):
        self.matrices = matrices
        self.momenta = [torch.zeros_like(matrix) for matrix, _ in matrices]

    @torch.no_grad()
    def step(self, rate: float, momentum: float) -> None:
        for (matrix, parts), buffer in zip(self.matrices, self.momenta):
            buffer.mul_(momentum).add_(matrix.grad)
            update = matrix.grad.add(buffer, alpha=momentum)
            matrix.mul_(1 - rate * MUON_DECAY)
            for target, part in zip(matrix.chunk(parts), update.chunk(parts)):
                target.add_(orthogonalise(part), alpha=-rate * max(1, part.shape[0] / part.shape[1]) ** 0.5)


class Batches:
    """Endless windows of the token stream; every epoch packs the examples in a new order."""

    def __init__(self, examples: list[dict], tokenizer: Tokenizer, positions: int, seed: int):
        self.examples, self.tokenizer, self.positions = examples, tokenizer, positions
        self.random, self.windows, self.length = random.Random(seed), [], 0

    def next(self, batch: int, length: int, device: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        if len(self.windows) < batch or self.length != length:
            ids, weights = pack(self.examples, self.tokenizer, self.random.randrange(1 << 30), self.positions)
            self.ids, self.weights = torch.from_numpy(ids).long(), torch.from_numpy(weights)
            self.windows = list(range(0, len(ids) - length - 1, length))
            self.random.shuffle(self.windows)
            self.length = length
        starts = [self.windows.pop() for _ in range(batch)]
        cut = lambda tensor, shift: torch.stack([tensor[s + shift : s + shift + length] for s in starts]).to(device)
        return cut(self.ids, 0), cut(self.ids, 1), cut(self.weights, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path, default=Path(__file__).parent.parent / "model/tokenizer.json")
    parser.add_argument("--tokens", type=float, default=2e7)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--hold", type=float, default=0.55, help="share of the budget before the decay begins")
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--init", type=Path, help="start from a Hugging Face folder of the same shape")
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--feed-forward", type=int, default=1024)
    args = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    torch.set_flush_denormal(True)
    config = Config(width=args.width, layers=args.layers, heads=args.heads, feed_forward=args.feed_forward)
    model = LanguageModel(config).to(device)
    if args.init:
        load_checkpoint_folder(model, args.init)
    matrices = [(m, parts) for b in model.blocks for m, parts in ((b.qkv.weight, 3), (b.o.weight, 1), (b.gate_up.weight, 2), (b.down.weight, 1))]
    muon = Muon(matrices)
    in_muon = {id(m) for m, _ in matrices}
    adam = torch.optim.Adam([p for p in model.parameters() if id(p) not in in_muon], lr=1, betas=(0.9, 0.98), eps=1e-10)
    state = {"step": 0, "tokens": 0, "seconds": 0.0}
    if args.checkpoint.exists():
        saved = torch.load(args.checkpoint, map_location=device, weights_only=False)
        model.load_state_dict(saved["model"])
        muon.momenta = saved["muon"]
        adam.load_state_dict(saved["adam"])
        state = saved["state"]

    def save() -> None:
        part = args.checkpoint.with_suffix(".part")
        torch.save({"config": config.as_dict(), "model": model.state_dict(), "muon": muon.momenta, "adam": adam.state_dict(), "state": state}, part)
        part.replace(args.checkpoint)

    examples = [e for e in read_corpus(args.corpus) if not held_out(e["prompt"])]
    batches = Batches(examples, Tokenizer.from_file(str(args.tokenizer)), config.positions, seed=state["step"] + 1)
    stopped = []  # a polite signal ends the run after the step in hand
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    smooth, last_log, first_step = None, time.time(), state["step"]
    while (progress := max(state["tokens"] / args.tokens, state["seconds"] / 60 / args.minutes)) < 1:
        began = time.time()
        warm = min(1, (state["step"] - first_step + 1) / WARM_UP_STEPS)
        rate = warm * (1 if progress < args.hold else max(0.02, (1 - progress) / (1 - args.hold)))
        length = config.positions if progress >= LONG_FROM else config.positions // 2
        inputs, targets, weights = batches.next(args.batch_tokens // length, length, device)
        own = weights == 1
        kept = own | (torch.rand(weights.shape, device=device) < PROMPT_SHARE)
        targets, own, weights = targets[kept], own[kept], weights[kept]
        weights = torch.where(own, weights, weights / PROMPT_SHARE)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = model.logits(model.hidden(inputs)[kept])
        losses = F.cross_entropy(logits.float(), targets, reduction="none")
        model.zero_grad(set_to_none=True)
        ((losses * weights).sum() / weights.sum()).backward()
        muon.step(MUON_RATE * rate, 0.85 + (MUON_MOMENTUM - 0.85) * min(1, state["step"] / 200))
        for group in adam.param_groups:
            group["lr"] = ADAM_RATE * rate
        adam.step()

        loss = (losses.detach() * own).sum().item() / max(1, own.sum().item())
        smooth = loss if smooth is None else 0.97 * smooth + 0.03 * loss
        state["step"] += 1
        state["tokens"] += inputs.numel()
        state["seconds"] += time.time() - began
        if state["step"] % 20 == 0:
            speed = 20 * args.batch_tokens / (time.time() - last_log)
            last_log = time.time()
            entry = {"step": state["step"], "tokens": state["tokens"], "response_loss": round(smooth, 4), "rate": round(rate, 3), "minutes": round(state["seconds"] / 60, 1)}
            with args.checkpoint.with_suffix(".curve.jsonl").open("a") as curve:
                curve.write(json.dumps(entry) + "\n")
            print(f"step {entry['step']}  {state['tokens'] / 1e6:.2f} M tokens  response loss {smooth:.3f}  {speed:.0f} tokens/s  {100 * progress:.1f} %", flush=True)
        if state["step"] % 100 == 0 or stopped:
            save()
        if stopped:
            return
    save()


if __name__ == "__main__":
    main()
