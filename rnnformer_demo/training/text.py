"""Training of a text hybrid from tables of labelled texts to a checkpoint."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from .. import checkpoints
from ..checkpoints import Checkpoint
from ..data.text import TextReader, train_tokenizer
from ..models import config_to_dict
from ..models.text import TextConfig, TextHybrid
from .corpus import bucketed, read_corpus, unlabelled_sentences
from .evaluation import short_path, text_logits
from .loop import Recipe, fit
from .record import add_tests, calibrate, check_tests, training_record
from .teacher import soft_targets, teacher_logits
from .vectors import minilm_vectors


def train(
    data: Sequence[str],
    name: str,
    config: TextConfig,
    recipe: Recipe,
    command: str,
    tests: Sequence[str] = (),
    label_names: Sequence[str] | None = None,
    word_vectors: bool = False,
    window: int | None = None,
    teacher: str | None = None,
    unlabelled: Sequence[str] = (),
    unlabelled_limit: int = 100_000,
    resume: bool = False,
    folder: Path | None = None,
    runs: Path = Path("runs"),
) -> Checkpoint:
    """Trains, selects the best epoch on a held-out part, calibrates there, tests, and saves.

    Args:
        data: files of labelled texts.
        config: of the model; its labels are replaced by those of the data.
        command: what the card says that the reader can rerun.
        tests: files on which the finished checkpoint is evaluated; nothing is chosen on them.
        label_names: names for the labels of the files, in their sorted order.
        word_vectors: start the embedding from a pretrained sentence encoder, see `minilm_vectors`.
        teacher: name of a teacher, see `fine_tune`: its probabilities, averaged with the labels, are learned.
        unlabelled: files whose sentences are learned from the teacher alone, at most `unlabelled_limit` of them.
        window: an epoch sees at most so many successive tokens of a text, drawn anew each time; None for all.

    Raises:
        InputError: see `read_corpus` and `check_tests`.
    """
    check_tests(tests)
    corpus = read_corpus(data, label_names, recipe.seed)
    torch.manual_seed(recipe.seed)
    tokenizer = train_tokenizer((row.text for row in corpus.training), config.vocabulary)
    config = replace(config, labels=corpus.labels, vocabulary=tokenizer.get_vocab_size())
    reader = TextReader(tokenizer, config.max_tokens)
    model = TextHybrid(config)
    if word_vectors and not resume:
        model.embedding.weight.data.copy_(minilm_vectors(tokenizer, config.embedding))
    texts, targets = [row.text for row in corpus.training], [corpus.target(row) for row in corpus.training]
    if teacher:
        texts += unlabelled_sentences(unlabelled, unlabelled_limit, recipe.seed, corpus.held_out)
        targets = soft_targets(teacher_logits(runs / teacher, corpus, texts), targets).tolist()
    items = [(ids, target) for text, target in zip(texts, targets, strict=True) if (ids := reader.ids(text))]
    held_labels = torch.tensor([corpus.target(row) for row in corpus.held_out])

    def held_out_logits() -> torch.Tensor:
        return text_logits(model, reader, corpus.held_out, progress=False)

    history = fit(
        model,
        forward=model,
        batches=lambda epoch: bucketed(items, recipe.batch_size, window, recipe.seed * 10_007 + epoch),
        batches_per_epoch=-(-len(items) // recipe.batch_size),
        accuracy=lambda: (held_out_logits().argmax(-1) == held_labels).float().mean().item(),
        recipe=recipe,
        run_folder=runs / name,
        config=config_to_dict(config) | {"command": command},
        resume=resume,
    )
    model.eval()
    about = {
        "data": {
            "file": ", ".join(map(short_path, data)),
            "labels": corpus.raw_labels,
            "rows": corpus.rows,
            "rejected_rows": corpus.rejected,
            "trained_on": len(corpus.training),
            "held_out": len(corpus.held_out),
            "teacher": teacher,
            "unlabelled": len(texts) - len(corpus.training),
        },
        "command": command,
    } | training_record(recipe, history)
    temperature, about["metrics"] = calibrate(held_out_logits(), held_labels)
    sentence = corpus.held_out[0].text
    saved = checkpoints.save(name, model, reader, about, temperature, sentence, folder)
    return add_tests(saved, tests, about, sentence, folder)
