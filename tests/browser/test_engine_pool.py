"""Programs in several workers: the numbers of one, errors by their sentences, and a second try after a failed start."""

import numpy as np
import pytest
import torch
from engine import save
from modules import modules

from rnnformer_demo.site.models import write_model

RUN = """async ({ rows }) => {
  const { Pool, SharedPrograms } = await import("/web/engine/pool.js");
  const { sideBySide } = await import("/web/engine/lanes.js");
  const read = async (file) => new Uint8Array(await (await fetch(`/files/${file}`)).arrayBuffer());
  let tries = 0;
  let queued;
  const waiting = new Promise((resolve) => (queued = resolve));
  const runtime = async () => {
    tries += 1;
    if (tries === 1) {
      await waiting;
      throw new Error("The file is missing.");
    }
    const [module, glue] = ["ort.js", "glue.js"].map((name) => new URL(`/files/${name}`, location.href).href);
    return { module, glue, binary: await read("ort.wasm") };
  };
  const pool = new Pool("/web/engine/serving.js", runtime, 3);
  const work = pool.work.bind(pool);
  pool.work = (job) => {
    const done = work(job);
    queued();
    return done;
  };
  const programs = new SharedPrograms(pool, "hybrid", read, await read("weights.safetensors"));
  const feeds = (ids) => ({
    ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
    lengths: { data: Int32Array.of(ids.length), dims: [1] },
  });
  const said = (work) => work.then(() => "done", (error) => error.message);
  const first = await said(programs.session("logits"));
  const found = await sideBySide(rows, 4, (ids) => programs.run("logits", feeds(ids), ["logits"]));
  const wrong = await said(programs.run("logits", {}, ["logits"]));
  const again = await said(programs.session("logits"));
  const logits = found.map(({ logits: { data } }) => Array.from(data));
  return { first, wrong, again, workers: pool.runners.length, logits };
}"""
BROKEN = """async () => {
  const { Pool, SharedPrograms } = await import("/web/engine/pool.js");
  const runtime = async () => ({ module: "", glue: "", binary: new Uint8Array() });
  const pool = new Pool("/files/weights.safetensors", runtime, 2);
  const programs = new SharedPrograms(pool, "hybrid", async () => new Uint8Array(), new Uint8Array());
  return programs.session("logits").then(() => "done", (error) => error.message);
}"""
WORKERS = """async (machines) => {
  const { workersOn } = await import("/web/engine/pool.js");
  return machines.map(([hardwareConcurrency, userAgent]) => workersOn({ hardwareConcurrency, userAgent }));
}"""
SIDE_BY_SIDE = """async (failing) => {
  const { sideBySide } = await import("/web/engine/lanes.js");
  const begun = [];
  let [now, most] = [0, 0];
  const work = async (piece) => {
    begun.push(piece);
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 3 * (piece % 3)));
    now -= 1;
    if (piece === failing) throw new Error("no");
    return 10 * piece;
  };
  const answers = await sideBySide([...Array(9).keys()], 3, work).catch((error) => error.message);
  return { answers, begun: begun.length, most };
}"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small model, and the folder of its files in a site."""
    folder = tmp_path_factory.mktemp("pool")
    checkpoint = save("hybrid", folder)
    write_model(checkpoint, folder / "site", folder)
    return checkpoint.model, folder / "site"


@pytest.fixture(scope="module")
def page(browser, runtime_folder, model):
    files = {
        "ort.js": runtime_folder / "ort.wasm.min.mjs",
        "glue.js": runtime_folder / "ort-wasm-simd-threaded.mjs",
        "ort.wasm": runtime_folder / "ort-wasm-simd-threaded.wasm",
    }
    with modules(browser, files | {path.name: path for path in model[1].iterdir()}) as page:
        yield page


def test_workers_give_the_numbers_of_one_and_survive_errors(page, model):
    rows = [[2 + (3 * row + step) % 11 for step in range(3 + row)] for row in range(7)]
    found = page.call(RUN, {"rows": rows})
    for row, logits in zip(rows, found["logits"], strict=True):
        ids = torch.tensor([row])
        wanted = model[0](ids, torch.ones_like(ids, dtype=torch.bool))[0]
        np.testing.assert_allclose(logits, wanted.detach().numpy(), atol=1e-4)
    assert found["first"] == "The file is missing."
    assert found["wrong"] != "done"
    assert (found["again"], found["workers"]) == ("done", 3)


@pytest.mark.parametrize(("failing", "answers"), [(None, [10 * piece for piece in range(9)]), (4, "no")])
def test_pieces_are_done_side_by_side_until_one_fails(page, failing, answers):
    found = page.call(SIDE_BY_SIDE, failing)
    assert (found["answers"], found["most"]) == (answers, 3)
    assert found["begun"] == 9 if failing is None else found["begun"] < 9


def test_a_worker_that_does_not_start_is_said(page):
    assert page.call(BROKEN) == "This browser cannot run the models: try a newer one."
    page.errors.clear()  # the browser tells of the script, too


def test_there_are_as_many_workers_as_the_machine_bears(page):
    machines = [
        (1, "X11"),
        (2, "X11"),
        (16, "Macintosh"),
        (None, "X11"),
        (8, "Android 16; Mobile"),
        (6, "iPhone Mobile"),
    ]
    assert page.call(WORKERS, machines) == [1, 2, 4, 1, 2, 2]
