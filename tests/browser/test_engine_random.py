"""Random numbers in the browser: a seed draws there what it draws of torch."""

import random

import numpy as np
import pytest
import torch
from modules import modules

SEEDS = (0, 1, 7, 123_456_789, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1)
COUNTS = (1, 2, 15, 16, 17, 31, 32, 100, 1000, 4097)  # torch draws 16 normal numbers at once
KINDS = {
    "rand": lambda count, generator: torch.rand(count, generator=generator),
    "randn": lambda count, generator: torch.randn(count, generator=generator),
    "randperm": lambda count, generator: torch.randperm(count, generator=generator),
    "randint": lambda count, generator: torch.randint(0, 2, (count,), generator=generator),
}
DRAW = """async ([seeds, draws]) => {
  const { Generator } = await import("/web/engine/random.js");
  return seeds.map(([seed, isBig]) => {
    const generator = new Generator(isBig ? BigInt(seed) : Number(seed));
    return draws.map(([kind, count]) => {
      const numbers = kind === "randint" ? generator.randint(0, 2, count) : generator[kind](count);
      return [numbers.constructor.name, Array.from(numbers)];
    });
  });
}"""
DOUBLES = """async ([seed, count]) => {
  const { Generator } = await import("/web/engine/random.js");
  const generator = new Generator(seed);
  return Array.from({ length: count }, () => generator.double());
}"""
RANGE = """async ([seed, low, high, count]) => {
  const { Generator } = await import("/web/engine/random.js");
  return Array.from(new Generator(seed).randint(low, high, count));
}"""


@pytest.fixture(scope="module")
def engine(browser):
    with modules(browser, {}) as engine:
        yield engine


def check(engine, seeds: list[tuple[int, bool]], draws: list[tuple[str, int]]) -> None:
    """Draws from one generator after the other in both languages; checks every number.

    Args:
        seeds: and whether JavaScript gets them as a BigInt.
        draws: kinds and counts, one after the other from each generator.
    """
    found = engine.call(DRAW, [[(str(seed), is_big) for seed, is_big in seeds], draws])
    for (seed, _), lists in zip(seeds, found, strict=True):
        generator = torch.Generator().manual_seed(seed)
        for (kind, count), (type_name, numbers) in zip(draws, lists, strict=True):
            expected = KINDS[kind](count, generator)
            assert type_name == ("Float32Array" if expected.is_floating_point() else "Int32Array")
            if kind == "randn":  # torch takes logarithms, sines and cosines of 16 numbers at once, in float32
                np.testing.assert_allclose(numbers, expected.numpy(), rtol=0, atol=2e-6, err_msg=f"{seed} {count}")
            else:
                assert numbers == expected.tolist(), (seed, kind, count)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn_as_torch_draws_it(engine, kind):
    check(engine, [(seed, True) for seed in SEEDS], [(kind, count) for count in COUNTS])


def test_mixed_draws_follow_each_other_as_in_torch(engine):
    chance = random.Random(0)
    for seed in SEEDS[:5]:
        draws = [(chance.choice(list(KINDS)), chance.choice(COUNTS[:-1])) for _ in range(40)]
        check(engine, [(seed, True), (seed, False)], draws)


def test_the_second_of_two_normal_numbers_waits_for_the_next_draw(engine):
    """torch makes them in pairs where they are fewer than 16, whatever else is drawn in between."""
    check(engine, [(3, True)], [("randn", 1), ("rand", 5), ("randn", 16), ("randn", 1), ("randperm", 4), ("randn", 3)])


def test_other_ranges_are_drawn_as_torch_draws_them(engine):
    for low, high in ((0, 1), (5, 26), (0, 257), (0, 1_000_003)):
        expected = torch.randint(low, high, (50,), generator=torch.Generator().manual_seed(9)).tolist()
        assert engine.call(RANGE, [9, low, high, 50]) == expected


def test_none_are_drawn_where_none_are_asked_for(engine):
    check(engine, [(1, True)], [("randperm", 0), ("rand", 0), ("randn", 0), ("randint", 0), ("rand", 3)])


def test_doubles_are_those_of_torch(engine):
    expected = torch.rand(1300, generator=torch.Generator().manual_seed(5), dtype=torch.float64).tolist()
    assert engine.call(DOUBLES, [5, 1300]) == expected
