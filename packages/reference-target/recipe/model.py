"""The reference target in PyTorch: a Qwen3-architecture decoder (RMSNorm, QK-norm, RoPE, SwiGLU, tied embedding).

Shapes: B sequences, T positions, V vocabulary, d width, H heads of D = d / H.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Config:
    vocab: int = 4096
    width: int = 384
    layers: int = 6
    heads: int = 6
    feed_forward: int = 1024
    positions: int = 512
    rope_theta: float = 10000.0
    norm_eps: float = 1e-6

    @property
    def head_dim(self) -> int:
        return self.width // self.heads

    def as_dict(self) -> dict:
        return asdict(self)


def rotary_tables(config: Config) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin, both [positions, D], in the half-split layout of Hugging Face's Llama."""
    frequency = 1 / config.rope_theta ** (torch.arange(0, config.head_dim, 2).float() / config.head_dim)
    angle = torch.outer(torch.arange(config.positions).float(), frequency)
    return torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    left, right = x.chunk(2, -1)
    return x * cos.to(x.dtype) + torch.cat([-right, left], -1) * sin.to(x.dtype)


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.eps)


class Block(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        d, D, ff, eps = config.width, config.head_dim, config.feed_forward, config.norm_eps
        self.heads, self.head_dim = config.heads, D
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(d, eps), RMSNorm(d, eps)
        self.q_norm, self.k_norm = RMSNorm(D, eps), RMSNorm(D, eps)
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.o = nn.Linear(d, d, bias=False)
        self.gate_up = nn.Linear(d, 2 * ff, bias=False)
        self.down = nn.Linear(ff, d, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        B, T, d = x.shape
        q, k, v = self.qkv(self.input_layernorm(x)).view(B, T, 3, self.heads, self.head_dim).permute(2, 0, 3, 1, 4)
        q, k = rotate(self.q_norm(q), cos, sin), rotate(self.k_norm(k), cos, sin)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(attended.transpose(1, 2).reshape(B, T, d))
        gate, up = self.gate_up(self.post_attention_layernorm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class LanguageModel(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_eps)
        cos, sin = rotary_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        for block in self.blocks:
            nn.init.normal_(block.qkv.weight, std=config.width**-0.5)
            nn.init.normal_(block.gate_up.weight, std=config.width**-0.5)
            nn.init.zeros_(block.o.weight)  # each block starts as the identity
            nn.init.zeros_(block.down.weight)

    def hidden(self, ids: torch.Tensor) -> torch.Tensor:
        """[B, T] token ids to the normalised final hidden states [B, T, d]."""
        T = ids.shape[1]
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, self.cos[:T], self.sin[:T])
        return self.norm(x)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.linear(hidden, self.embedding.weight.to(hidden.dtype))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.logits(self.hidden(ids))
