"""Photos to samples: every kind of file either opens as it should or gets a sentence."""

import csv
import io
import struct
import time
import zlib

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from rnnformer_demo.data import InputError, make_reader
from rnnformer_demo.data.image import ImageReader, middle_square, to_tensor
from rnnformer_demo.data.image import reference_image as make_test_card
from rnnformer_demo.data.opening import MAX_BYTES, open_photo
from rnnformer_demo.data.photo_limits import MAX_PIXELS, MIN_SIDE

ODD = tiny.SHARED_DATA / "odd-images"
READER = tiny.image_reader(64)
SOUND = tiny.photo((48, 32))


def fixture(name: str) -> bytes:
    return (tiny.FIXTURES / name).read_bytes()


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of two pictures, 0-255."""
    return np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean()


def assert_sound(sample, size=64):
    side = size // 32
    assert sample.inputs.shape == (1, 3, size, size)
    assert sample.inputs.dtype == torch.float32
    assert sample.inputs.abs().max() < 1.01
    assert sample.mask.shape == (1, side * side)
    assert sample.mask.all()
    assert sample.feature_mask.shape == (1, 1, size, size)
    assert sample.token_to_unit.tolist() == list(range(side * side))
    assert len(sample.unit_names) == side * side
    assert sample.grid == (side, side)
    assert (sample.display.mode, sample.display.size) == ("RGB", (size, size))


# What must be refused, with words of the sentence that says so.
REFUSED = {
    "zero-bytes.jpg": "The file is empty",
    "truncated.jpg": "damaged or cut short",
    "drawing.svg": "SVG drawings are not photos: save it as PNG or JPEG",
}


@pytest.mark.parametrize("name", sorted(path.name for path in tiny.FIXTURES.iterdir() if path.is_file()))
def test_each_fixture_opens_or_gets_its_sentence(name):
    if name in REFUSED:
        with pytest.raises(InputError, match=REFUSED[name]):
            READER(tiny.FIXTURES / name)
    else:
        sample = READER(tiny.FIXTURES / name)
        assert_sound(sample)
        assert any("animation" in warning for warning in sample.warnings) == (name == "animation.gif")
        assert torch.equal(READER(fixture(name)).inputs, sample.inputs)


def test_what_was_turned_by_exif_comes_upright():
    photo, notices = open_photo(fixture("exif-rotated.jpg"))
    assert photo.size == SOUND.size
    assert difference(photo, SOUND) < 6
    assert notices == []
    assert photo.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = tiny.encode(SOUND, "PNG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert difference(open_photo(data)[0], expected) == 0
    assert expected.size == (SOUND.size if orientation < 5 else SOUND.size[::-1])
    assert torch.equal(READER(Image.open(io.BytesIO(data))).inputs, READER(data).inputs)


def test_cmyk_becomes_the_same_colours():
    assert difference(open_photo(fixture("cmyk.jpg"))[0], SOUND) < 6


def test_sixteen_bits_are_scaled_and_not_clipped():
    photo, _ = open_photo(fixture("16bit.png"))
    grey = np.asarray(photo)[..., 0].astype(float)
    expected = np.linspace(0, 255, grey.size).reshape(grey.shape)
    assert np.abs(grey - expected).max() <= 1


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.full((8, 8), 200, np.uint16), "PNG"),  # dark: 200 of 65535, not of 255
        (np.full((8, 8), 200, np.uint16), "TIFF"),
        (np.full((8, 8), 200 / 65535, np.float32), "TIFF"),
    ],
)
def test_a_dark_picture_of_many_bits_stays_dark(array, kind):
    assert np.asarray(open_photo(tiny.encode(Image.fromarray(array), kind))[0]).max() <= 1


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 1e6])
def test_float_pictures_are_scaled(top):
    array = np.linspace(0, top, 64, dtype=np.float32).reshape(8, 8)
    array[0, 0] = np.nan
    pixels = np.asarray(open_photo(tiny.encode(Image.fromarray(array), "TIFF"))[0])
    assert pixels.min() == 0
    assert pixels.max() == 255
    assert abs(int(pixels[4, 0, 0]) - 255 * 32 / 63) <= 1


def test_transparency_is_laid_on_white():
    photo, _ = open_photo(fixture("palette-transparent.png"))
    raw = Image.open(io.BytesIO(fixture("palette-transparent.png")))
    clear = np.asarray(raw.convert("RGBA"))[..., 3] == 0
    assert clear.any()
    assert (np.asarray(photo)[clear] == 255).all()
    assert difference(photo, raw.convert("RGB")) > 0
    half = Image.new("RGBA", (8, 8), (255, 0, 0, 128))
    assert open_photo(tiny.encode(half, "PNG"))[0].getpixel((0, 0)) == (255, 127, 127)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_becomes_rgb(mode):
    photo, _ = open_photo(tiny.encode(SOUND.convert(mode), "PNG"))
    assert photo.mode == "RGB"
    assert difference(photo, SOUND.convert(mode).convert("RGB")) < 1


def test_of_an_animation_the_first_frame_is_read_with_a_notice():
    photo, notices = open_photo(fixture("animation.gif"))
    assert photo.getpixel((8, 8)) == (255, 0, 0)
    assert notices == ["This is an animation of 3 frames: only the first one was read."]


@pytest.mark.parametrize(
    ("size", "lost"),
    [
        ((640, 64), "90% of it was cut away, left and right"),
        ((60, 90), "33% of it was cut away, top and bottom"),
        ((130, 100), "23% of it was cut away, left and right"),
    ],
)
def test_a_cut_is_said_and_the_middle_is_read(size, lost):
    photo = Image.new("RGB", size, "blue")
    side, middle = min(size), tuple((length - min(size)) // 2 for length in size)
    photo.paste("red", (*middle, middle[0] + side, middle[1] + side))
    sample = READER(tiny.encode(photo, "PNG"))
    assert sample.warnings == (f"Of this photo ({size[0]} x {size[1]}) only the middle square was read: {lost}.",)
    assert [sample.display.getpixel(place) for place in ((4, 4), (59, 4), (59, 59))] == [(255, 0, 0)] * 3


def test_a_square_is_read_whole_without_a_word():
    assert READER(tiny.encode(tiny.photo((200, 199)), "PNG")).warnings == ()


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(20_000, 12_000), (100_000, 100_000), (MAX_PIXELS + 1, 8)])
def test_a_bomb_is_refused_at_once(size):
    started = time.perf_counter()
    with pytest.raises(InputError, match="more than 50 million pixels: save it smaller"):
        READER(png_of(*size))
    assert time.perf_counter() - started < 0.2


def test_a_bomb_that_was_opened_by_another_is_refused_too(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(InputError, match="more than 50 million pixels"):
        READER(Image.open(io.BytesIO(png_of(10_000, 8_000))))
    with pytest.raises(InputError, match="damaged or cut short"):
        READER(Image.open(io.BytesIO(png_of(100, 100))))


@pytest.mark.parametrize("size", [(1, 1), (MIN_SIDE - 1, 100), (100, MIN_SIDE - 1)])
def test_what_is_too_small_is_refused(size):
    with pytest.raises(InputError, match=f"only {size[0]} x {size[1]} pixels: choose one of at least 8 x 8"):
        READER(tiny.encode(Image.new("RGB", size), "PNG"))
    assert_sound(READER(tiny.encode(Image.new("RGB", (MIN_SIDE, MIN_SIDE)), "PNG")))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (None, "There is no photo yet"),
        (b"", "The file is empty"),
        (b"hello", "not an image that can be read: choose a photo as JPEG"),
        (b"\xff\xd8\xff" + bytes(50), "The (image )?file is"),
        (b"%PDF-1.7", "not an image"),
        (b" <SVG ></SVG>", "SVG"),
        (bytes(MAX_BYTES + 1), "larger than 20 MB"),
        ("no/such/file.jpg", "no readable image file at 'no/such/file.jpg': check the path"),
        (".", "no readable image file"),
        ("a\0b", "no readable image file"),
        ("x" * 5000, "no readable image file"),
        (7, "Expected a photo, got int"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_photo_gets_a_sentence(source, sentence):
    with pytest.raises(InputError, match=sentence) as refused:
        READER(source)
    assert len(str(refused.value)) < 400


def test_a_photo_that_mentions_svg_in_its_metadata_is_a_photo():
    data = tiny.encode(SOUND, "JPEG", comment=b"made from <svg>")
    assert open_photo(data)[0].size == SOUND.size


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    file = tmp_path / "large.jpg"
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="larger than 20 MB"):
        READER(file)


def odd_images() -> list[dict[str, str]]:
    if not ODD.exists():
        return []
    with (ODD / "index.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.skipif(not ODD.exists(), reason="the collection of odd images is not on this machine")
def test_the_collection_of_odd_images_is_there():
    assert len(odd_images()) >= 40


@pytest.mark.parametrize("row", odd_images(), ids=lambda row: row["file"])
def test_odd_image(row):
    path = ODD / row["file"]
    opens = row["pillow_load"] == "ok" and min(int(row["width"]), int(row["height"])) >= MIN_SIDE
    started = time.perf_counter()
    if not opens:
        with pytest.raises(InputError, match=r"^The .*: .*\.$"):
            READER(path)
        assert time.perf_counter() - started < 2
        return
    sample = READER(path)
    assert_sound(sample)
    frames = int(row["frames"] or 1)
    animated = frames > 1 and row["format"] != "MPO"
    assert any(f"an animation of {frames} frames" in notice for notice in sample.warnings) == animated
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        assert open_photo(path.read_bytes())[0].size == upright.size
        if image.mode == "RGB" and not {"transparency", "icc_profile"} & image.info.keys():
            assert difference(sample.display, middle_square(upright, 64)) == 0


def encoded(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010F] = "a camera"
    options = {
        "JPEG": {"exif": exif},
        "PNG": {"exif": exif},
        "TIFF": {"compression": "tiff_lzw"},
        "ICO": {"sizes": [(16, 16)]},
    }
    return tiny.encode(SOUND.resize((24, 16)), kind, **options.get(kind, {}))


KINDS = ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "ICO", "PPM", "BMP", "AVIF")
FILES = {kind: encoded(kind) for kind in KINDS}


@st.composite
def damaged(draw, kind: str) -> bytes:
    """A file with a few bytes changed and perhaps its end cut off."""
    data = bytearray(FILES[kind])
    for _ in range(draw(st.integers(0, 6))):
        data[draw(st.integers(0, min(len(data), 400) - 1) | st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(1, len(data)) | st.just(len(data)))])


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_file_of_each_kind_opens(kind):
    photo, notices = open_photo(FILES[kind])
    assert photo.mode == "RGB"
    assert min(photo.size) >= 10
    assert notices == []


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_file_gets_a_sentence_or_opens(kind, data):
    try:
        photo, _ = open_photo(data.draw(damaged(kind)))
    except InputError:
        return
    assert photo.mode == "RGB"
    assert min(photo.size) >= MIN_SIDE
    assert photo.width * photo.height <= MAX_PIXELS


def test_units_are_the_cells_of_the_grid():
    sample = tiny.image_reader(96)(SOUND)
    assert sample.unit_names[0] == "row 1, column 1"
    assert sample.unit_names[5] == "row 2, column 3"
    assert sample.feature_mask[0, 0, 40, 90] == 5
    assert sample.feature_mask.unique(return_counts=True)[1].tolist() == [32 * 32] * 9


def test_pixels_are_normalised_once():
    square = Image.new("RGB", (2, 2), (0, 127, 255))
    values = to_tensor(square, 0.5, 0.25)
    torch.testing.assert_close(values[:, 0, 0], torch.tensor([-2.0, (127 / 255 - 0.5) / 0.25, 2.0]))


def test_the_share_that_is_cut_out():
    photo = Image.new("RGB", (100, 100), "blue")
    photo.paste("red", (20, 20, 80, 80))
    assert set(middle_square(photo, 32, 0.5).get_flattened_data()) == {(255, 0, 0)}
    assert middle_square(photo, 32).getpixel((1, 1)) == (0, 0, 255)


@pytest.mark.parametrize(
    ("size", "share", "expected"),
    [
        ((400, 100), 1.0, (0.375, 0.0, 0.625, 1.0)),
        ((100, 400), 0.5, (0.25, 0.4375, 0.75, 0.5625)),
        ((300, 400), 1.0, (0.0, 0.125, 1.0, 0.875)),
    ],
)
def test_the_box_is_what_the_square_was_cut_from(size, share, expected):
    photo = tiny.photo(size)
    reader = ImageReader(64, 32, 0.5, 0.5, share)
    sample = reader(tiny.encode(photo, "PNG"))
    assert sample.box == expected
    width, height = size
    left, top, right, bottom = sample.box
    cut = (left * width, top * height, right * width, bottom * height)
    assert difference(sample.display, photo.resize((64, 64), Image.Resampling.BICUBIC, box=cut)) == 0


def test_the_box_is_that_of_the_upright_photo():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert READER(tiny.encode(tiny.photo((400, 100)), "JPEG", exif=exif)).box == (0.0, 0.375, 1.0, 0.625)
    assert READER.of_square(tiny.photo((64, 64))).box is None


def test_a_reader_survives_json():
    again = make_reader("image", READER.preprocessing())
    assert again.preprocessing() == READER.preprocessing()
    assert torch.equal(again(SOUND).inputs, READER(SOUND).inputs)


def test_the_test_card_is_the_same_everywhere():
    card = make_test_card(256)
    assert card.size == (256, 256)
    assert card.getpixel((0, 0)) == (0, 0, 0)
    assert card.getpixel((255, 128)) == (255, 128, 0)
    assert card.getpixel((128, 128)) == (128, 128, 255)
