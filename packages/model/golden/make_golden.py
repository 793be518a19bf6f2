"""Writes the golden files: small random checkpoints, and what transformers computes with them.

    python make_golden.py              all small models
    python make_golden.py reference    only the logits of packages/reference-target/model

Needs torch, transformers and tokenizers. Run `npm run fix` afterwards: it lays the JSON out as the tree does.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

HERE = Path(__file__).parent
REFERENCE = HERE / "../../reference-target/model"
VOCABULARY = 320
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SPLIT = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'nobody' %}{{ raise_exception('nobody may not speak') }}{% endif %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXTS = ["Hello, world!", "  two  spaces\n\nand lines ", "naïve café 東京 🙂", "x = [1, 2, 3]; it's 42%", "<|im_start|>user\nhi<|im_end|>"]
CORPUS = (
    "The quick brown fox jumps over the lazy dog. What is the name of the user, and where is it from? "
    "Select all names from the table where the count is greater than ten and the state is open. "
    "It was the best of times, it was the worst of times; there is nothing new under the sun, they said."
)
CHATS = [
    [{"role": "user", "content": "What is 6 times 7?"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": " naïve\n"}, {"role": "assistant", "content": ""}],
]

COMMON = {"vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "eos_token_id": 2, "bos_token_id": None, "pad_token_id": 0}
LLAMA3_SCALING = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}


def small_models() -> dict:
    """Name to (model, dtype, bytes per shard). Between them: every way in which supported checkpoints differ."""
    return {
        # Grouped queries, a head size of its own, tied head, one file.
        "qwen3": (Qwen3ForCausalLM(Qwen3Config(**COMMON, num_attention_heads=4, num_key_value_heads=2, head_dim=32, tie_word_embeddings=True, max_position_embeddings=96)), torch.float16, "5GB"),
        # Grouped queries, Llama 3 rope scaling, untied head, shards.
        "llama3": (LlamaForCausalLM(LlamaConfig(**COMMON, num_attention_heads=4, num_key_value_heads=1, tie_word_embeddings=False, max_position_embeddings=256, rope_parameters={**LLAMA3_SCALING, "rope_theta": 500000.0})), torch.bfloat16, "100KB"),
        # One key-value head per query head, linear rope scaling, float32.
        "llama-linear": (LlamaForCausalLM(LlamaConfig(**{**COMMON, "hidden_size": 32, "intermediate_size": 32}, num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=True, max_position_embeddings=96, rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0})), torch.float32, "5GB"),
    }


def byte_level_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIALS, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator([CORPUS], trainer)
    return tokenizer


def write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@torch.no_grad()
def write_logits(folder: Path, source: Path, tokens: list[int], positions: list[int]) -> None:
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32, attn_implementation="eager").eval()
    logits = model(torch.tensor([tokens])).logits[0, positions].contiguous()
    folder.mkdir(exist_ok=True)
    save_file({"logits": logits}, folder / "logits.safetensors")
    write_json(folder / "golden.json", {"tokens": tokens, "positions": positions})
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)


def write_small_model(name: str, model, dtype: torch.dtype, shard: str) -> None:
    folder = HERE / name
    for parameter_name, parameter in model.named_parameters():
        # Wide enough that a wrong rotation, mask or norm shows in the logits.
        if "norm" in parameter_name:
            parameter.data.uniform_(0.5, 1.5)
        else:
            parameter.data.normal_(std=0.15)
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    if name == "llama3":
        # As older transformers wrote it.
        config = json.loads((folder / "config.json").read_text())
        config["rope_scaling"] = {**LLAMA3_SCALING}
        config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
        config["torch_dtype"] = config.pop("dtype")
        write_json(folder / "config.json", config)
    tokenizer = byte_level_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "clean_up_tokenization_spaces": False, "chat_template": TEMPLATE})
    write_json(folder / "generation_config.json", {"eos_token_id": [2, 0], "temperature": 0.7, "top_k": 20, "top_p": 0.8})
    tokens = torch.randint(3, VOCABULARY, (40,)).tolist()
    write_logits(folder, folder, tokens, list(range(1, len(tokens), 2)))
    if name == "qwen3":
        write_encodings(folder)


def write_encodings(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    write_json(folder / "encodings.json", {
        "texts": [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in TEXTS],
        "chats": [{"messages": chat, "ids": tokenizer.apply_chat_template(chat, add_generation_prompt=True)["input_ids"]} for chat in CHATS],
    })


def write_reference() -> None:
    tokenizer = AutoTokenizer.from_pretrained(REFERENCE)
    chat = [{"role": "user", "content": "List the names of all customers who ordered in 2024, newest first."}]
    tokens = tokenizer.apply_chat_template(chat, add_generation_prompt=True)["input_ids"]
    write_logits(HERE / "reference", REFERENCE, tokens, [0, 1, len(tokens) // 2, len(tokens) - 1])


def main() -> None:
    torch.manual_seed(7)
    if "reference" in sys.argv[1:]:
        write_reference()
        return
    for name, (model, dtype, shard) in small_models().items():
        write_small_model(name, model, dtype, shard)


if __name__ == "__main__":
    main()
