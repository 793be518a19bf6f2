"""Writes the golden files: what PyTorch computes for two small models, in double precision.

    python make_golden.py

Needs torch. `recurrent.json` is five AdamW steps of an unrolled gated cell; `attention.json` is the gradients of one
masked attention block. Numbers that go in have four decimals, so both sides start from the same values.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F

HERE = Path(__file__).parent
torch.set_default_dtype(torch.float64)


def numbers(tensor):
    flat = tensor.detach().flatten()
    return {"dims": list(tensor.shape), "data": [int(x) if flat.dtype == torch.int64 else float(f"{x:.9g}") for x in flat.tolist()]}


def random(generator, *shape, scale=0.5):
    return (torch.randn(*shape, generator=generator) * scale * 1e4).round() / 1e4


def table(tensors):
    return {name: numbers(tensor) for name, tensor in tensors.items()}


VOCABULARY, WIDTH, HIDDEN, RANK, BATCH, UNROLL, TOP = 11, 4, 5, 2, 3, 3, 4


def recurrent_loss(p, tokens, state, indices, shares, weights):
    """A gated cell that reads one token per step and predicts the next one; soft targets over TOP tokens."""
    rows = []
    for at in range(UNROLL):
        token = tokens[:, at]
        joined = torch.cat([p["embedding"][token], state], dim=-1)
        update, reset = torch.sigmoid(joined @ p["gates"] + p["gate_bias"]).split(HIDDEN, dim=-1)
        candidate = torch.tanh(torch.cat([p["embedding"][token], reset * state], dim=-1) @ p["candidate"].T)
        state = (1 - update) * state + update * candidate
        normal = state / torch.sqrt((state * state).mean(-1, keepdim=True) + 1e-5) * p["norm"]
        logits = normal @ p["head"].T + p["markov_down"][token] @ p["markov_up"]
        picked = F.log_softmax(logits, dim=-1).gather(-1, indices[:, at])
        rows.append(-(shares[:, at] * picked).sum(-1))
    rows = torch.stack(rows, dim=1)
    return (rows * weights).sum() / weights.sum()


def recurrent():
    g = torch.Generator().manual_seed(1)
    parameters = {
        "embedding": random(g, VOCABULARY, WIDTH),
        "gates": random(g, WIDTH + HIDDEN, 2 * HIDDEN),
        "gate_bias": random(g, 2 * HIDDEN),
        "candidate": random(g, HIDDEN, WIDTH + HIDDEN),
        "norm": 1 + random(g, HIDDEN, scale=0.1),
        "head": random(g, VOCABULARY, HIDDEN),
        "markov_down": random(g, VOCABULARY, RANK),
        "markov_up": random(g, RANK, VOCABULARY),
    }
    anchors = {"head": random(g, VOCABULARY, HIDDEN)}
    undecayed = ["norm", "gate_bias"]
    data = {
        "tokens": torch.randint(0, VOCABULARY, (BATCH, UNROLL), generator=g),
        "state": random(g, BATCH, HIDDEN),
        "indices": torch.stack([torch.randperm(VOCABULARY, generator=g)[:TOP] for _ in range(BATCH * UNROLL)]).view(BATCH, UNROLL, TOP),
        "shares": torch.rand(BATCH, UNROLL, TOP, generator=g).mul(1e4).round() / 4e4,
        "weights": torch.tensor([[1.0, 0.8, 0.64], [1.0, 0.8, 0.0], [1.0, 0.0, 0.0]]),
    }
    options = {"weightDecay": 0.1, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "gradientNormMax": 0.35}
    rates = [0.02, 0.05, 0.04, 0.03, 0.02]
    p = {name: tensor.clone().requires_grad_() for name, tensor in parameters.items()}
    without = [name for name in p if name in undecayed or name in anchors]
    optimiser = torch.optim.AdamW(
        [
            {"params": [p[name] for name in p if name not in without], "weight_decay": options["weightDecay"]},
            {"params": [p[name] for name in without], "weight_decay": 0.0},
        ],
        betas=(options["beta1"], options["beta2"]),
        eps=options["epsilon"],
    )
    steps = []
    for rate in rates:
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        loss = recurrent_loss(p, **data)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(p.values()), options["gradientNormMax"])
        with torch.no_grad():
            for name, anchor in anchors.items():
                p[name] -= rate * options["weightDecay"] * (p[name] - anchor)
        optimiser.step()
        steps.append({"learningRate": rate, "loss": loss.item(), "gradientNorm": norm.item()})
    return {
        "options": options,
        "undecayed": undecayed,
        "anchors": table(anchors),
        "initial": table(parameters),
        "data": table(data),
        "steps": steps,
        "trained": table(p),
        "moment1": table({name: optimiser.state[tensor]["exp_avg"] for name, tensor in p.items()}),
        "moment2": table({name: optimiser.state[tensor]["exp_avg_sq"] for name, tensor in p.items()}),
    }


def attention():
    g = torch.Generator().manual_seed(2)
    length, heads, size = 4, 2, 3
    width = heads * size
    parameters = {
        "x": random(g, 2, length, width, scale=1.0),
        "project": random(g, width, 3 * width),
        "temperature": 1 + random(g, heads, 1, 1, scale=0.2).abs(),
        "up": random(g, width, 8),
        "down": random(g, 8, width),
    }
    p = {name: tensor.clone().requires_grad_() for name, tensor in parameters.items()}
    q, k, v = [part.view(2, length, heads, size).transpose(1, 2) for part in (p["x"] @ p["project"]).split(width, dim=-1)]
    scores = q @ k.transpose(-1, -2) / p["temperature"]
    mask = torch.ones(length, length).tril().bool()
    shares = torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1)
    mixed = p["x"] + (shares @ v).transpose(1, 2).reshape(2, length, width)
    hidden = F.silu(mixed @ p["up"]) @ p["down"]
    scaled = torch.exp(hidden - hidden.amax(-1, keepdim=True)).sum(-1).log() + hidden[..., 1:3].square().mean(-1).add(0.5).sqrt()
    loss = (scaled * torch.maximum(mixed, hidden)[..., 0].abs()).mean()
    loss.backward()
    return {"parameters": table(parameters), "loss": loss.item(), "gradients": table({name: tensor.grad for name, tensor in p.items()})}


if __name__ == "__main__":
    for name, golden in {"recurrent": recurrent(), "attention": attention()}.items():
        (HERE / f"{name}.json").write_text(json.dumps(golden) + "\n")
