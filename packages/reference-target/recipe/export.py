"""Between training checkpoints and Hugging Face folders.

    python export.py CHECKPOINT FOLDER      writes config, generation config and fp16 safetensors
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from model import Config, LanguageModel


def named_tensors(model: LanguageModel) -> dict[str, torch.Tensor]:
    """The parameters under Hugging Face's names; views, so that writing to them writes to the model."""
    tensors = {"model.embed_tokens.weight": model.embedding.weight, "model.norm.weight": model.norm.weight}
    for index, block in enumerate(model.blocks):
        at = f"model.layers.{index}."
        q, k, v = block.qkv.weight.chunk(3)
        gate, up = block.gate_up.weight.chunk(2)
        tensors |= {
            at + "self_attn.q_proj.weight": q,
            at + "self_attn.k_proj.weight": k,
            at + "self_attn.v_proj.weight": v,
            at + "self_attn.o_proj.weight": block.o.weight,
            at + "self_attn.q_norm.weight": block.q_norm.weight,
            at + "self_attn.k_norm.weight": block.k_norm.weight,
            at + "mlp.gate_proj.weight": gate,
            at + "mlp.up_proj.weight": up,
            at + "mlp.down_proj.weight": block.down.weight,
            at + "input_layernorm.weight": block.input_layernorm.weight,
            at + "post_attention_layernorm.weight": block.post_attention_layernorm.weight,
        }
    return tensors


@torch.no_grad()
def load_checkpoint_folder(model: LanguageModel, folder: Path) -> None:
    stored = load_file(folder / "model.safetensors")
    for name, tensor in named_tensors(model).items():
        tensor.copy_(stored[name].to(tensor.dtype))


def hugging_face_config(config: Config) -> dict:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "vocab_size": config.vocab,
        "hidden_size": config.width,
        "intermediate_size": config.feed_forward,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.heads,
        "head_dim": config.head_dim,
        "hidden_act": "silu",
        "max_position_embeddings": config.positions,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rope_theta,
        "rope_scaling": None,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "use_sliding_window": False,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "use_cache": True,
        "torch_dtype": "float16",
    }


GENERATION_CONFIG = {"eos_token_id": [2, 0], "pad_token_id": 0, "do_sample": False, "max_new_tokens": 256}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    saved = torch.load(args.checkpoint, map_location="cpu", weights_only=False)
    model = LanguageModel(Config(**saved["config"]))
    model.load_state_dict(saved["model"])
    args.folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().half().contiguous().clone() for name, tensor in named_tensors(model).items()}
    save_file(tensors, args.folder / "model.safetensors", metadata={"format": "pt"})
    (args.folder / "config.json").write_text(json.dumps(hugging_face_config(model.config), indent=2) + "\n")
    (args.folder / "generation_config.json").write_text(json.dumps(GENERATION_CONFIG, indent=2) + "\n")
    count = sum(tensor.numel() for tensor in tensors.values())
    print(f"{count / 1e6:.1f} M parameters after {saved['state']['tokens'] / 1e6:.2f} M tokens")


if __name__ == "__main__":
    main()
