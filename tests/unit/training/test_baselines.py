"""Baselines: the same class, as many parameters, another pattern."""

import pytest
import tiny

from rnnformer_demo.cli.train import parse_train
from rnnformer_demo.data import InputError
from rnnformer_demo.models import build, classes
from rnnformer_demo.training.studies.baselines import BASELINES, TOLERANCE, baseline_config, matched_units
from rnnformer_demo.training.tasks.shape import text_config

CONFIGS = {"text": {"vocabulary": 2000}, "image": {}}


def hybrid(modality: str):
    config_class, _ = classes(modality)
    return config_class(labels=("no", "yes"), **CONFIGS[modality])


def core(modality: str, config) -> int:
    return sum(parameter.numel() for parameter in build(modality, config).core.parameters())


@pytest.mark.parametrize("kind", BASELINES)
def test_a_baseline_has_the_hybrids_number_of_parameters(modality, kind):
    config = hybrid(modality)
    baseline = baseline_config(modality, config, kind)
    wanted = build(modality, config).parameters_count
    assert build(modality, baseline).parameters_count == pytest.approx(wanted, rel=TOLERANCE)
    # The embedding or the backbone, which all share, must not hide a difference.
    assert core(modality, baseline) == pytest.approx(core(modality, config), rel=0.07)


def test_a_recurrent_baseline_has_one_recurrence_and_no_attention(modality):
    for kind in BASELINES[:-1]:
        baseline = baseline_config(modality, hybrid(modality), kind)
        assert (baseline.recurrence, baseline.n_attention, baseline.positions) == ((kind,), 0, False)


def test_a_transformer_has_positions_and_no_recurrence(modality):
    baseline = baseline_config(modality, hybrid(modality), "transformer")
    assert (baseline.recurrence, baseline.positions) == ((), True)
    assert baseline.n_attention > hybrid(modality).n_attention


def test_the_rest_is_the_hybrids(modality):
    config = hybrid(modality)
    for kind in BASELINES:
        baseline = baseline_config(modality, config, kind)
        assert (baseline.width, baseline.dropout, baseline.labels) == (config.width, config.dropout, config.labels)


def test_an_unknown_baseline_is_refused():
    with pytest.raises(InputError, match=r"--baseline must be one of gru, lstm, transformer, got 'mamba'"):
        baseline_config("text", hybrid("text"), "mamba")


def test_a_hybrid_that_none_can_match_is_refused():
    model = tiny.model("text", vocabulary=20, embedding=4, width=64, units=200)
    smaller = tiny.model("text", vocabulary=20, embedding=4, width=2, units=1, heads=1)
    with pytest.raises(InputError, match="No such baseline has about"):
        matched_units("text", model.config, smaller.config)


def test_numbers_of_layers_on_the_command_line_stand_for_blocks():
    def config(*flags: str):
        return text_config(parse_train(["text", "--data", "x.csv", "--name", "x", *flags]).config.model)

    assert config().blocks == ("recurrent", "attention", "attention")
    assert config("--recurrent-layers", "2", "--attention-layers", "0").blocks == ("recurrent", "recurrent")
    plain = config("--recurrence", "none", "--attention-layers", "1")
    assert (plain.blocks, plain.recurrence) == (("attention",), ())
    assert config("--blocks", "attention,recurrent").blocks == ("attention", "recurrent")
    with pytest.raises(InputError, match="--blocks says it all: leave out --attention-layers"):
        config("--blocks", "attention,recurrent", "--attention-layers", "1")
    with pytest.raises(InputError, match=r"recurrence must be \(\) for blocks \('attention',\)"):
        config("--blocks", "attention")
