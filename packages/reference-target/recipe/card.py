"""Writes the figures of the model card: the learning curve as a picture, and both tables as Markdown.

    python card.py CURVE.jsonl EVALUATION.json PICTURE.svg      prints the tables

A run that was stopped and resumed has steps twice in its curve; the later entry counts.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

MEASURES = {"loss": "loss", "exact": "exact match", "valid_json": "valid JSON", "intent": "intent", "method": "method"}


def draw(curve: list[dict], picture: Path) -> None:
    tokens = [entry["tokens"] / 1e6 for entry in curve]
    figure, axes = plt.subplots(figsize=(7, 3))
    axes.plot(tokens, [entry["response_loss"] for entry in curve], linewidth=1.5, label="response loss, nats per token")
    axes.set_xlabel("million tokens")
    axes.set_ylabel("loss")
    rates = axes.twinx()
    rates.plot(tokens, [entry["rate"] for entry in curve], color="0.7", linewidth=1, label="learning rate, share of its peak")
    rates.set_ylim(0, 1.1)
    lines = axes.get_lines() + rates.get_lines()
    axes.legend(lines, [line.get_label() for line in lines], frameon=False)
    figure.tight_layout()
    plt.rcParams["svg.hashsalt"] = "reference-target"  # the same curve gives the same bytes
    figure.savefig(picture, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curve", type=Path)
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("picture", type=Path)
    args = parser.parse_args()
    entries = {entry["step"]: entry for entry in map(json.loads, args.curve.open())}
    curve = [entries[step] for step in sorted(entries)]
    draw(curve, args.picture)

    print("| million tokens | response loss | learning rate |\n| --- | --- | --- |")
    for entry in curve[:: max(1, len(curve) // 12)] + [curve[-1]]:
        print(f"| {entry['tokens'] / 1e6:.2f} | {entry['response_loss']:.2f} | {entry['rate']:.2f} |")
    evaluation = json.loads(args.evaluation.read_text().splitlines()[-1])
    print("\n| domain | examples | " + " | ".join(MEASURES.values()) + " |\n|" + " --- |" * (len(MEASURES) + 2))
    for domain, result in sorted(evaluation.items()):
        cells = [str(result["loss"])] + [f"{result[name]:.0%}" if name in result else "" for name in list(MEASURES)[1:]]
        print(f"| {domain} | {result['examples']} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
