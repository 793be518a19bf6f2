"""Writes golden.json: logits and greedy continuations of SmolLM2, computed from its GGUF file with none of this
project's code: PyPI's gguf reads and dequantises it, and the forward pass below is plain NumPy in float64, with rotary
embeddings in llama.cpp's order of rows.

    pip install gguf numpy
    python make_golden.py SmolLM2-135M-Instruct.Q4_1.gguf
"""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
from gguf import GGUFReader, dequantize

# Token ids, so that tokenisation is a question of its own, which test/models/smollm2.test.ts answers.
PROMPTS = {
    # The user asks: Name three colours of the rainbow.
    "chat": [1, 9690, 198, 2683, 359, 253, 5356, 5646, 11173, 3365, 3511, 308, 34519, 28, 7018, 411, 407, 19712, 8182, 2, 198, 1, 4093, 198, 5820, 1296, 14797, 282, 260, 24594, 30, 2, 198, 1, 520, 9531, 198],
    # def fibonacci(n): if n < 2: return n, return
    "code": [1604, 3987, 46477, 24, 94, 727, 472, 585, 304, 2067, 216, 34, 42, 448, 1003, 304, 472, 1003],
    # The Danube flows through ten countries: Germany, Austria,
    "prose": [504, 37939, 8634, 738, 3772, 2075, 42, 4521, 28, 14171, 28],
    # In 1969, naïve 東京 🙂 – 42%
    "mixed": [788, 216, 33, 41, 38, 41, 28, 15486, 46494, 17097, 247, 126, 16736, 122, 47526, 816, 216, 36, 34, 21],
}
CONTINUATION = 24
TOP = 20
PROBES = range(0, 49152, 768)


class Model:
    def __init__(self, path: str):
        reader = GGUFReader(path)
        field = lambda key: reader.fields[f"llama.{key}"].contents()
        self.tensors = {tensor.name: tensor for tensor in reader.tensors}
        self.layers = field("block_count")
        self.heads = field("attention.head_count")
        self.pairs = field("attention.head_count_kv")
        self.size = field("embedding_length") // self.heads
        self.epsilon = field("attention.layer_norm_rms_epsilon")
        self.base = field("rope.freq_base")
        self.embedding = self.weight("token_embd")

    @cache
    def weight(self, name: str) -> np.ndarray:
        """Matrices are [out, in]."""
        tensor = self.tensors[f"{name}.weight"]
        return dequantize(tensor.data, tensor.tensor_type).reshape(tensor.shape[::-1]).astype(np.float64)

    def norm(self, rows: np.ndarray, name: str) -> np.ndarray:
        return rows / np.sqrt(np.mean(rows**2, axis=-1, keepdims=True) + self.epsilon) * self.weight(name)

    def rotate(self, rows: np.ndarray) -> np.ndarray:
        """[positions, heads, size]: the entries 2i and 2i + 1 turn together."""
        angles = np.arange(len(rows))[:, None] * self.base ** (-np.arange(0, self.size, 2) / self.size)
        turned = (rows[..., 0::2] + 1j * rows[..., 1::2]) * np.exp(1j * angles)[:, None, :]
        return np.stack([turned.real, turned.imag], axis=-1).reshape(rows.shape)

    def attention(self, rows: np.ndarray, layer: str) -> np.ndarray:
        length = len(rows)
        split = lambda name, heads: (rows @ self.weight(f"{layer}.{name}").T).reshape(length, heads, self.size)
        queries, keys, values = split("attn_q", self.heads), split("attn_k", self.pairs), split("attn_v", self.pairs)
        repeat = lambda own: np.repeat(own, self.heads // self.pairs, axis=1)
        scores = np.einsum("qhd,khd->hqk", self.rotate(queries), repeat(self.rotate(keys))) / np.sqrt(self.size)
        scores[:, np.triu(np.ones((length, length), bool), 1)] = -np.inf
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        joined = np.einsum("hqk,khd->qhd", shares, repeat(values)).reshape(length, -1)
        return joined @ self.weight(f"{layer}.attn_output").T

    def feed_forward(self, rows: np.ndarray, layer: str) -> np.ndarray:
        gate, up = rows @ self.weight(f"{layer}.ffn_gate").T, rows @ self.weight(f"{layer}.ffn_up").T
        return (gate / (1 + np.exp(-gate)) * up) @ self.weight(f"{layer}.ffn_down").T

    def logits(self, tokens: list[int]) -> np.ndarray:
        """[positions, vocabulary]"""
        rows = self.embedding[tokens]
        for index in range(self.layers):
            layer = f"blk.{index}"
            rows = rows + self.attention(self.norm(rows, f"{layer}.attn_norm"), layer)
            rows = rows + self.feed_forward(self.norm(rows, f"{layer}.ffn_norm"), layer)
        return self.norm(rows, "output_norm") @ self.embedding.T


def golden(model: Model, tokens: list[int]) -> dict:
    sequence = list(tokens)
    while True:
        logits = model.logits(sequence)
        if len(sequence) == len(tokens) + CONTINUATION:
            break
        sequence.append(int(logits[-1].argmax()))
    ordered = np.sort(logits, axis=-1)
    positions = [0, len(tokens) // 2, len(tokens) - 1]
    return {
        "tokens": tokens,
        "continuation": sequence[len(tokens) :],
        # How close the closest decision of the continuation was.
        "margin": float(np.round((ordered[len(tokens) - 1 : -1, -1] - ordered[len(tokens) - 1 : -1, -2]).min(), 4)),
        "rows": [
            {
                "position": position,
                "top": [[int(id), float(np.round(logits[position, id], 5))] for id in np.argsort(-logits[position])[:TOP]],
                "probes": [float(np.round(logits[position, id], 5)) for id in PROBES],
            }
            for position in positions
        ],
    }


def main() -> None:
    model = Model(sys.argv[1])
    prompts = {name: golden(model, tokens) for name, tokens in PROMPTS.items()}
    path = Path(__file__).parent / "golden.json"
    path.write_text(json.dumps({"probes": list(PROBES), "prompts": prompts}) + "\n")


if __name__ == "__main__":
    main()
