"""Photos in the browser: what is read of a file, and what is said of it, is what Python reads and says."""

import base64
import io
import struct
from itertools import product

import numpy as np
import pytest
import tiny
from browser import EXAMPLES
from made_photos import CURVES, PRIMARIES, png, profile, with_chunk
from modules import modules
from PIL import Image

from rnnformer_demo.checkpoints.cards import preprocessing_of
from rnnformer_demo.data import InputError, Sample
from rnnformer_demo.data.image import ImageReader
from rnnformer_demo.data.opening import MAX_BYTES
from rnnformer_demo.data.photo_limits import MAX_PIXELS

SMALL = {"size": 32, "stride": 8, "mean": 0.5, "std": 0.25, "share": 1.0}
ORIENTATION = 0x0112
SOUND = tiny.photo((97, 61))
READ = """async ([preprocessing, photos]) => {
  const { PhotoReader } = await import("/web/engine/photo/reader.js");
  const { InputError } = await import("/web/engine/errors.js");
  const { base64 } = await import("/web/engine/encode.js");
  const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const reader = new PhotoReader(preprocessing);
  const one = async (photo) => {
    try {
      const { display, feeds, ...sample } = await reader.read(new Blob([bytesOf(photo)]));
      const { data, dims } = feeds.photos;
      const [pixels, inputs] = [display.data, data].map(({ buffer }) => base64(new DataView(buffer)));
      return { ...sample, size: [display.width, display.height], pixels, dims, inputs };
    } catch (error) {
      if (error instanceof InputError) return { error: error.message };
      throw error;
    }
  };
  const read = [];
  for (const photo of photos) read.push(await one(photo));
  return read;
}"""
IN_WORKER = """async ([preprocessing, photo]) => {
  const code = `onmessage = async ({ data: [preprocessing, photo] }) => {
    const { PhotoReader } = await import("${location.origin}/web/engine/photo/reader.js");
    postMessage((await new PhotoReader(preprocessing).read(photo)).display.data);
  }`;
  const module = URL.createObjectURL(new Blob([code], { type: "application/javascript" }));
  const worker = new Worker(module, { type: "module" });
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(Array.from(data));
    worker.onerror = (error) => reject(new Error(error.message));
  });
  worker.postMessage([preprocessing, Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0))]);
  return answer;
}"""
REFUSED = """async (kind) => {
  const { openPhoto } = await import("/web/engine/photo/opening.js");
  const sources = { none: null, text: "photo.jpg", empty: new Blob([]), large: new ArrayBuffer(20 * 2 ** 20 + 1) };
  return openPhoto(sources[kind]).catch((error) => error.message);
}"""
TO_PNG = """async ([image, warnings, preprocessing]) => {
  const { encodePng, decodePng } = await import("/web/engine/photo/png.js");
  const { PhotoReader } = await import("/web/engine/photo/reader.js");
  const picture = await decodePng(image);
  const sample = new PhotoReader(preprocessing).ofSquare(picture, warnings);
  const inputs = Array.from(sample.feeds.photos.data);
  return { image: await encodePng(picture), inputs, warnings: sample.warnings, box: sample.box ?? null };
}"""


@pytest.fixture(scope="module")
def engine(browser):
    with modules(browser, {}) as engine:
        yield engine


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pixels_of(found: dict) -> np.ndarray:
    """The colours of the square that the browser read."""
    width, height = found["size"]
    rgba = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8).reshape(height, width, 4)
    assert rgba[..., 3].min() == 255
    return rgba[..., :3]


def expected(reader: ImageReader, photo: bytes) -> Sample | InputError:
    """What Python reads of a photo, or why it does not."""
    try:
        return reader(photo)
    except InputError as error:
        return error


def compare(engine, photos: dict[str, bytes], preprocessing: dict = SMALL, apart: int = 0) -> list[dict]:
    """Reads photos in both languages; returns what the browser read.

    Args:
        apart: steps of 255 by which pixels may differ; that for which the browser's own decoder is known.
    """
    reader = ImageReader(**preprocessing)
    read = engine.call(READ, [preprocessing, [text(photo) for photo in photos.values()]])
    for (name, photo), found in zip(photos.items(), read, strict=True):
        sample = expected(reader, photo)
        if isinstance(sample, InputError):
            assert found == {"error": str(sample)}, name
            continue
        assert "error" not in found, (name, found)
        display = np.asarray(sample.display).astype(int)
        assert np.abs(pixels_of(found) - display).max() <= apart, name
        inputs = np.frombuffer(base64.b64decode(found["inputs"]), np.float32).reshape(found["dims"])
        assert np.abs(inputs - sample.inputs.numpy()).max() <= 1.01 * apart / 255 / preprocessing["std"], name
        assert found["warnings"] == list(sample.warnings), name
        assert found["box"] == list(sample.box), name
        assert found["unitNames"] == list(sample.unit_names)
        assert found["tokenToUnit"] == sample.token_to_unit.tolist()
        assert (found["grid"], found["steps"]) == (list(sample.grid), len(sample.token_to_unit))
    return read


def turned(kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return tiny.encode(SOUND, kind, exif=exif)


def with_opacity(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(tiny.photo(image.size, seed=3).convert("L"))
    return image


def deep(bits: int, channels: int) -> np.ndarray:
    """Values of so many bits, opacity among them."""
    chooser = np.random.default_rng(channels)
    return chooser.integers(0, 2**bits, (20, 30, channels)).astype(float)


def animation(kind: str, **options) -> bytes:
    frames = [tiny.photo((40, 30), seed=seed) for seed in range(3)]
    return tiny.encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)


@pytest.mark.parametrize("name", ["objects", "caltech101"])
def test_the_gallery_is_read_as_python_reads_it(engine, name):
    photos = {path.name: path.read_bytes() for path in sorted(EXAMPLES.glob("*.jpg"))}
    read = compare(engine, photos, preprocessing_of(name))
    assert len(read) == 8
    assert sum(bool(each["warnings"]) for each in read) > 3


def test_photos_of_any_size_are_cut_and_scaled_as_python_does(engine):
    chooser = np.random.default_rng(0)
    for size, share in product((16, 48, 112), (1.0, 0.875, 0.7)):
        sizes = [*(8 * 2 ** chooser.uniform(0, 5, (4, 2))).astype(int).tolist(), [size, size], [size, 90], [120, size]]
        photos = {f"{w} x {h}": png(chooser.integers(0, 256, (h, w, 3)), bits=8) for w, h in sizes}
        compare(engine, photos, SMALL | {"size": size, "share": share})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_photos_are_turned_upright(engine, kind):
    compare(engine, {f"{number}": turned(kind, number) for number in range(1, 10)})


def test_the_way_up_may_be_told_elsewhere(engine):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    photos = {kind: tiny.encode(SOUND, kind, xmp=xmp) for kind in ("JPEG", "WEBP")}
    photos["PNG"] = with_chunk(tiny.encode(SOUND, "PNG"), b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp)
    exif = Image.Exif()
    exif[ORIENTATION] = 3
    lines = ["", "exif", str(len(exif.tobytes())), exif.tobytes().hex()]
    written = b"Raw profile type exif\0" + "\n".join(lines).encode()
    photos["ImageMagick"] = with_chunk(tiny.encode(SOUND, "PNG"), b"tEXt", written)
    plain = pixels_of(compare(engine, {"plain": tiny.encode(SOUND, "PNG")})[0])
    assert all((pixels_of(each) != plain).any() for each in compare(engine, photos))


def test_jpegs_of_every_kind_have_pythons_pixels(engine):
    kinds = product((30, 75, 95), (0, 1, 2), (False, True))
    photos = {
        f"{kind}": tiny.encode(SOUND, "JPEG", quality=kind[0], subsampling=kind[1], progressive=kind[2])
        for kind in kinds
    }
    compare(engine, photos | {"grey": tiny.encode(SOUND.convert("L"), "JPEG")})


def test_inks_differ_by_a_step_at_most(engine):
    """Browsers round a product where Pillow rounds another."""
    compare(engine, {"CMYK": tiny.encode(SOUND.convert("CMYK"), "JPEG", quality=95)}, SMALL, apart=1)


def test_pngs_of_every_kind_have_pythons_pixels(engine):
    photos = {mode: tiny.encode(SOUND.convert(mode), "PNG") for mode in ("1", "L", "P", "RGB")}
    photos |= {f"{mode}A": tiny.encode(with_opacity(SOUND.convert(mode)), "PNG") for mode in ("L", "RGB")}
    few = {bits: SOUND.convert("P", palette=Image.Palette.ADAPTIVE, colors=2**bits) for bits in (1, 2, 4)}
    photos |= {f"{bits} bits": tiny.encode(image, "PNG", bits=bits) for bits, image in few.items()}
    photos["opacities"] = tiny.encode(SOUND.convert("P"), "PNG", transparency=bytes(range(256)))
    photos["one place"] = tiny.encode(SOUND.convert("P"), "PNG", transparency=7)
    photos["one grey"] = tiny.encode(SOUND.convert("L"), "PNG", transparency=SOUND.convert("L").getpixel((50, 30)))
    photos["one colour"] = tiny.encode(SOUND, "PNG", transparency=SOUND.getpixel((50, 30)))
    photos |= {f"black {key}": with_chunk(photos["1"], b"tRNS", struct.pack(">H", key)) for key in (0, 1)}
    for channels, bits in product((1, 2, 3, 4), (8, 16)):
        photos[f"interlaced {channels} {bits}"] = png(deep(bits, channels), bits, interlaced=True)
    compare(engine, photos)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_read_as_python_reads_them(engine, channels):
    values = {f"{bits} bits": deep(bits, channels) for bits in (8, 9, 10, 12, 13, 14, 15, 16)}
    values |= {f"only {value}": np.full((20, 20, channels), value) for value in (0, 500, 65535)}
    read = compare(engine, {name: png(each) for name, each in values.items()})
    assert sum("bits, not 16" in "".join(each["warnings"]) for each in read) >= 5


def test_other_formats_have_pythons_pixels(engine):
    clear = with_opacity(SOUND)
    photos = {kind: tiny.encode(SOUND, kind) for kind in ("WEBP", "AVIF", "GIF", "BMP")}
    photos |= {f"clear {kind}": tiny.encode(clear, kind) for kind in ("WEBP", "GIF", "BMP")}
    photos |= {f"{mode} BMP": tiny.encode(SOUND.convert(mode), "BMP") for mode in ("1", "L", "P")}
    photos["lossless"] = tiny.encode(SOUND, "WEBP", lossless=True)
    photos["icon"] = tiny.encode(SOUND, "ICO", sizes=[(16, 16), (48, 48)])
    compare(engine, photos)


def test_of_several_frames_the_first_is_read(engine):
    photos = {kind: animation(kind) for kind in ("GIF", "PNG")} | {"WEBP": animation("WEBP", lossless=True)}
    photos["apart"] = animation("PNG", default_image=True)
    notices = [notice for each in compare(engine, photos) for notice in each["warnings"] if "animation" in notice]
    assert [notice.split()[5] for notice in notices] == ["3", "3", "3", "3"]


def test_frames_of_an_avif_are_counted(engine):
    """Its decoder has another first frame than Python's: of noise, colours differ."""
    (found,) = engine.call(READ, [SMALL, [text(animation("AVIF"))]])
    assert found["warnings"][0] == "This is an animation of 3 frames: only the first one was read."


@pytest.mark.parametrize("primaries", PRIMARIES)
def test_profiles_of_curves_and_primaries_are_followed_exactly(engine, primaries):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (SMALL["size"],) * 2 + (3,), dtype=np.uint8))
    made = {name: profile(curve, PRIMARIES[primaries]) for name, curve in CURVES.items()}
    photos = {name: tiny.encode(noise, "PNG", icc_profile=each) for name, each in made.items()}
    photos |= {kind: tiny.encode(SOUND, kind, icc_profile=made["table"]) for kind in ("JPEG", "WEBP", "AVIF")}
    photos["clear"] = tiny.encode(with_opacity(noise), "PNG", icc_profile=made["power"])
    plain = pixels_of(compare(engine, {"plain": tiny.encode(noise, "PNG")})[0])
    assert all((pixels_of(each) != plain).mean() > 0.3 for each in compare(engine, photos)[:4])


def test_profiles_of_grey_differ_by_a_step_at_most(engine):
    """LittleCMS looks them up in a table of 33 values."""
    ramp = Image.fromarray(np.arange(1024, dtype=np.uint16).reshape(32, 32).astype(np.uint8))
    names = ("power", "table", "formula")
    photos = {name: tiny.encode(ramp, "PNG", icc_profile=profile(CURVES[name])) for name in names}
    compare(engine, photos, SMALL, apart=1)


def test_profiles_that_cannot_be_used_are_ignored_with_a_notice(engine):
    colours, grey = profile(CURVES["power"], PRIMARIES["adobe-rgb"]), profile(CURVES["power"])
    broken = {"none": b"no profile", "cut": colours[:200], "blank": bytes(3000), "grey": grey}
    broken |= {"lacking": colours.replace(b"gTRC", b"none")}
    photos = {
        f"{name} {kind}": tiny.encode(SOUND, kind, icc_profile=each)
        for name, each in broken.items()
        for kind in ("PNG", "JPEG")
    }
    photos["colours"] = tiny.encode(SOUND.convert("L"), "PNG", icc_profile=colours)
    assert all("profile" in each["warnings"][0] for each in compare(engine, photos))


def test_profiles_that_call_themselves_srgb_change_nothing(engine):
    colours = profile(CURVES["power"], PRIMARIES["adobe-rgb"]).replace(b"made", b"sRGB")
    (found,) = compare(engine, {"sRGB": tiny.encode(SOUND, "PNG", icc_profile=colours)})
    assert found["warnings"] == [
        "Of this photo (97 x 61) only the middle square was read: 37% of it was cut away, left and right."
    ]


def test_files_cut_short_are_refused_as_python_does(engine):
    whole = {kind: tiny.encode(SOUND, kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP")}
    whole["progressive"] = tiny.encode(SOUND, "JPEG", progressive=True)
    shares = (0.01, 0.05, 0.1, 0.3, 0.6, 0.9, 0.98)
    photos = {f"{kind} {share}": file[: int(share * len(file))] for kind, file in whole.items() for share in shares}
    photos |= {f"{kind} and more": file + b"more" * 9 for kind, file in whole.items()}
    errors = [each.get("error") for each in compare(engine, photos)]
    assert len(set(errors)) == 3  # none, no image, damaged
    assert sum(each is not None for each in errors) > 35


def test_flipped_bits_do_what_they_do_in_python(engine):
    """But that what Pillow calls damaged may be no image at all here, and the other way round."""
    chooser = np.random.default_rng(0)
    photos = []
    for kind in ("JPEG", "PNG", "GIF") * 25:
        file = bytearray(tiny.encode(SOUND.resize((24, 24)), kind))
        file[chooser.integers(len(file))] ^= 1 << chooser.integers(8)
        photos.append(bytes(file))
    read = engine.call(READ, [SMALL, [text(photo) for photo in photos]])
    refused = [photo for photo, found in zip(photos, read, strict=True) if "error" in found]
    for photo in refused:
        with pytest.raises(InputError):
            ImageReader(**SMALL)(photo)
    compare(engine, {f"{place}": photo for place, photo in enumerate(photos) if photo not in refused})
    assert 10 < len(refused) < 60


def test_what_is_no_photo_gets_pythons_sentence(engine):
    progressive = tiny.encode(Image.new("L", (5000, 5000)), "JPEG", progressive=True)
    photos = {"text": b"This is no photo.", "drawing": b"<?xml?><SVG></SVG>", "document": b"%PDF-1.7 ..."}
    photos |= {"small": tiny.encode(SOUND.resize((7, 90)), "PNG"), "narrow": tiny.encode(SOUND.resize((90, 2)), "JPEG")}
    photos["large"] = with_size(tiny.encode(SOUND, "PNG"), (MAX_PIXELS // 1000 + 1, 1000))
    photos["passes"] = progressive + b"\xff\xda" * 60
    assert len({each["error"] for each in compare(engine, photos)}) == 6


def with_size(file: bytes, size: tuple[int, int]) -> bytes:
    """A PNG that claims another size."""
    header = struct.pack(">II", *size) + file[24:29]
    return with_chunk(file[:8] + file[33:], b"IHDR", header)


@pytest.mark.parametrize(
    ("kind", "source"),
    [("none", None), ("empty", b""), ("large", bytes(MAX_BYTES + 1))],
    ids=["none", "empty", "large"],
)
def test_what_is_no_file_gets_pythons_sentence(engine, kind, source):
    with pytest.raises(InputError) as error:
        ImageReader(**SMALL)(source)
    assert engine.call(REFUSED, kind) == str(error.value)


def test_what_is_neither_file_nor_bytes_gets_a_sentence(engine):
    assert (
        engine.call(REFUSED, "text") == "Expected a photo, got string: give a file or its bytes."
    )  # as JavaScript calls it


@pytest.mark.parametrize(
    ("kind", "name"), [("TIFF", "TIFF"), ("PPM", "PPM"), ("JPEG2000", "JPEG 2000"), ("QOI", "QOI"), ("PCX", "PCX")]
)
def test_formats_of_which_browsers_know_nothing_get_a_sentence(engine, kind, name):
    (found,) = engine.call(READ, [SMALL, [text(tiny.encode(SOUND, kind))]])
    assert found == {"error": f"This browser cannot open {name} files: save the photo as JPEG, PNG or WebP first."}


def test_a_heic_gets_a_sentence(engine):
    (found,) = engine.call(READ, [SMALL, [text(struct.pack(">I", 24) + b"ftypheic" + bytes(200))]])
    assert found == {"error": "This browser cannot open HEIC files: save the photo as JPEG, PNG or WebP first."}


def test_photos_are_read_in_a_worker(engine):
    photo = (EXAMPLES / "coffee.jpg").read_bytes()
    found = engine.call(IN_WORKER, [SMALL, text(photo)])
    rgba = np.reshape(found, (SMALL["size"], SMALL["size"], 4))
    assert (rgba[..., :3] == np.asarray(ImageReader(**SMALL)(photo).display)).all()


def test_squares_go_through_documents_without_loss(engine):
    square = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
    found = engine.call(TO_PNG, [text(tiny.encode(square, "PNG")), ["A notice."], SMALL])
    written = Image.open(io.BytesIO(base64.b64decode(found["image"])))
    assert (written.mode, written.format) == ("RGB", "PNG")
    assert (np.asarray(written) == np.asarray(square)).all()
    assert np.float32(found["inputs"]).tolist() == ImageReader(**SMALL).of_square(square).inputs.flatten().tolist()
    assert (found["warnings"], found["box"]) == (["A notice."], None)
