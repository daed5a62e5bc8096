"""The one way in for photos: frames, colours, bits and formats come out as they look."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
import tiny
from made_photos import png
from PIL import Image, ImageCms

from rnnformer_demo.data import InputError
from rnnformer_demo.data.opening import open_photo, photo_suffixes

SOUND = tiny.photo((48, 32))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of two pictures, 0-255."""
    return np.abs(np.asarray(one, dtype=float) - np.asarray(other.convert("RGB"), dtype=float)).mean()


def tiff16(values: np.ndarray, order: str) -> bytes:
    """A TIFF of 16 bits, RGB, not compressed, with its bytes in the given order ("<" or ">")."""
    height, width, _ = values.shape
    data = values.astype(f"{order}u2").tobytes()
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, 14), (277, 3, 1, 3), (278, 3, 1, height), (279, 4, 1, len(data))]
    begin = 14 + len(data)
    head = (
        (b"II" if order == "<" else b"MM")
        + struct.pack(f"{order}HI", 42, begin)
        + struct.pack(f"{order}3H", 16, 16, 16)
    )

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        packed = struct.pack(f"{order}H2x" if kind == 3 and count == 1 else f"{order}I", value)
        return struct.pack(f"{order}HHI", tag, kind, count) + packed

    return head + data + struct.pack(f"{order}H", len(tags)) + b"".join(entry(*tag) for tag in tags) + bytes(4)


def channels(count: int) -> np.ndarray:
    """A picture of that many channels in 8 bits, both ends of the range in it, opaque."""
    rgb = np.array(SOUND)
    rgb[0, 0], rgb[0, 1] = 0, 255
    opaque = np.full(rgb.shape[:2], 255, np.uint8)
    return {
        1: rgb[..., :1],
        2: np.dstack([rgb[..., 0], opaque]),
        3: rgb,
        4: np.dstack([rgb, opaque]),
    }[count]


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_bits_in_sixteen_are_stretched(bits, count):
    eight = channels(count)
    photo, notices = open_photo(png((eight.astype(float) * (2**bits - 1) / 255).round()))
    colours = np.repeat(eight[..., :1], 3, axis=2) if count < 3 else eight[..., :3]
    assert difference(photo, Image.fromarray(colours)) < 0.6
    assert notices == (
        [f"The values of this photo take {bits} bits, not 16: they were stretched to the whole range."]
        if bits < 16
        else []
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("bits", [12, 16])
def test_a_colour_tiff_of_sixteen_bits_is_stretched(order, bits):
    photo, notices = open_photo(tiff16((channels(3).astype(float) * (2**bits - 1) / 255).round(), order))
    assert difference(photo, Image.fromarray(channels(3))) < 0.6
    assert len(notices) == (bits < 16)


@pytest.mark.parametrize("bits", [8, 12, 16, 24, 31])
def test_integers_of_32_bits_are_stretched(bits):
    grey = channels(1)[..., 0]
    values = (grey.astype(float) * (2**bits - 1) / 255).round().astype(np.int32)
    photo, _ = open_photo(tiny.encode(Image.fromarray(values), "TIFF"))
    assert difference(photo, Image.fromarray(grey)) < 0.6


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_values_below_zero_are_read_from_black_to_white(kind):
    grey = channels(1)[..., 0]
    photo, notices = open_photo(tiny.encode(Image.fromarray((grey.astype(float) - 100).astype(kind)), "TIFF"))
    assert difference(photo, Image.fromarray(grey)) < 0.6
    assert notices == ["This picture has values from -100 to 155: the least was read as black, the greatest as white."]


def gif() -> Image.Image:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue", "white", "black", "yellow")]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    return Image.open(data)


@pytest.mark.parametrize("frame", [0, 1, 5])
def test_the_first_frame_is_read_wherever_the_image_stands(frame):
    image = gif()
    image.seek(frame)
    photo, notices = open_photo(image)
    assert photo.getpixel((8, 8)) == (255, 0, 0)
    assert notices == ["This is an animation of 6 frames: only the first one was read."]
    assert image.tell() == frame


def test_of_a_tiff_of_several_pages_the_first_is_read():
    data = io.BytesIO()
    SOUND.save(data, "TIFF", save_all=True, append_images=[Image.new("RGB", (16, 16))])
    photo, notices = open_photo(data.getvalue())
    assert difference(photo, SOUND) == 0
    assert notices == ["This is a file of 2 pictures: only the first one was read."]


def wide_profile() -> bytes:
    """A profile whose green and red lie apart from those of sRGB: that of colours without a gamma curve."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    place = data.index(b"XYZ ", 128 + 12)  # swap the first two primaries in the table of tags
    tags = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12)}
    assert place
    red, green = tags[b"rXYZ"] + 4, tags[b"gXYZ"] + 4
    data[red : red + 8], data[green : green + 8] = data[green : green + 8], data[red : red + 8]
    text = bytes("sRGB", "utf-16-be")
    return bytes(data).replace(text, bytes("none", "utf-16-be"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_colour_profile_is_followed(mode):
    red = Image.new("RGB", (16, 16), "red").convert(mode)
    photo, notices = open_photo(tiny.encode(red, "PNG", icc_profile=wide_profile()))
    assert np.abs(np.subtract(photo.getpixel((8, 8)), (0, 255, 0))).max() <= 3
    assert notices == []


def test_a_profile_of_srgb_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert difference(open_photo(tiny.encode(SOUND, "PNG", icc_profile=profile))[0], SOUND) == 0


@pytest.mark.parametrize("profile", [b"no profile", wide_profile()[:200], bytes(3000)])
def test_a_broken_profile_is_ignored_with_a_notice(profile):
    photo, (notice,) = open_photo(tiny.encode(SOUND, "PNG", icc_profile=profile))
    assert difference(photo, SOUND) == 0
    assert notice.startswith("The colour profile of this photo could not be used")


def test_a_profile_of_another_kind_of_colours_is_ignored():
    assert len(open_photo(tiny.encode(SOUND.convert("L"), "PNG", icc_profile=wide_profile()))[1]) == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV"])
def test_a_pil_image_of_every_mode_looks_as_it_should(mode):
    image = SOUND.convert({"La": "LA", "RGBa": "RGBA", "PA": "P"}.get(mode, mode)).convert(mode)
    expected = SOUND.convert({"1": "1", "P": "P", "PA": "P"}.get(mode, "L" if mode in ("L", "LA", "La") else "RGB"))
    assert difference(open_photo(image)[0], expected.convert("RGB")) < 3


def test_transparency_of_a_grey_picture_is_laid_on_white():
    image = Image.new("LA", (16, 16), (0, 128))
    assert open_photo(image)[0].getpixel((0, 0)) == (127, 127, 127)
    assert open_photo(image.convert("La"))[0].getpixel((0, 0)) == (127, 127, 127)
    assert open_photo(tiny.encode(image, "PNG"))[0].getpixel((0, 0)) == (127, 127, 127)


def test_heic_is_read_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = io.BytesIO()
    pillow_heif.from_pillow(SOUND).save(data, quality=-1, exif=exif.tobytes())
    photo, notices = open_photo(data.getvalue())
    assert photo.size == SOUND.size[::-1]
    assert difference(photo, SOUND.rotate(-90, expand=True)) < 8
    assert notices == []


@pytest.mark.parametrize("kind", ["TGA", "JPEG2000", "QOI", "PCX"])
def test_rarer_formats_are_read(kind):
    photo, notices = open_photo(tiny.encode(SOUND, kind))
    assert difference(photo, SOUND) < 4
    assert notices == []


def test_what_ends_like_a_photo_is_named_by_its_ending():
    wanted = {
        ".jpg",
        ".jpe",
        ".jfif",
        ".heic",
        ".heif",
        ".avif",
        ".ppm",
        ".pgm",
        ".ico",
        ".tga",
        ".jp2",
        ".tif",
        ".mpo",
    }
    assert wanted <= photo_suffixes()
    assert not {".psd", ".svg", ".txt", ".pdf"} & photo_suffixes()


@pytest.mark.parametrize("data", [bytes(range(256)), b"\0\0\x02" + bytes(200), b"\0\0\0\x18ftypheic" + bytes(60)])
def test_what_only_begins_like_a_photo_gets_a_sentence(data):
    with pytest.raises(InputError, match=r"^The (image )?file is .*\.$"):
        open_photo(data)


def test_a_jpeg_of_very_many_passes_is_refused_at_once():
    data = tiny.encode(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    place = data.rindex(b"\xff\xda")
    with pytest.raises(InputError, match=r"is stored in 1\d\d passes, which would take too long: save it again"):
        open_photo(data[:place] + data[place:-2] * 100 + data[-2:])
    assert open_photo(data)[0].size == (4000, 4000)


def declared(data: bytes, size: tuple[int, int], bits: int = 8) -> bytes:
    """A PNG whose header says another size, and how many bits a colour has."""
    header = b"IHDR" + struct.pack(">II", *size) + bytes([bits]) + data[25:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


def many_pages(count: int) -> bytes:
    """A grey TIFF whose pages all show the same pixels."""
    tags = [(256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    tags += [(278, 3, 1, 16), (279, 4, 1, 256)]
    entries = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    size, start = len(entries) + 4, 264
    following = [start + size * (page + 1) for page in range(count - 1)] + [0]
    return (
        struct.pack("<2sHI", b"II", 42, start)
        + bytes(256)
        + b"".join(entries + struct.pack("<I", at) for at in following)
    )


@pytest.mark.parametrize(
    ("data", "millions"),
    [
        (declared(tiny.encode(SOUND, "PNG"), (4000, 4000), 16), "12"),
        (declared(tiny.encode(SOUND.convert("RGBA"), "PNG"), (6000, 5000)), "24"),
        (declared(tiny.encode(SOUND.convert("P"), "PNG", transparency=1), (6000, 5000)), "24"),
        (declared(tiny.encode(SOUND, "PNG"), (9000, 9000)), "50"),
        (declared(tiny.encode(SOUND, "PNG"), (90000, 9000)), "50"),
        (b"P3 1000 1000 255 " + b"1 " * 100, "0.5"),
    ],
    ids=["16 bits", "opacity", "palette", "large", "huge", "digits"],
)
def test_the_costlier_a_pixel_the_fewer_are_decoded(data, millions):
    with pytest.raises(InputError, match=f"The image has more than {millions} million pixels: save it smaller"):
        open_photo(data)


def test_a_file_of_very_many_pictures_is_refused_before_they_are_counted():
    with pytest.raises(InputError, match="The file holds more than 1,000 pictures: save one of them alone"):
        open_photo(many_pages(5000))
    assert open_photo(many_pages(1000))[1] == ["This is a file of 1000 pictures: only the first one was read."]


def test_a_small_jpeg_of_many_passes_is_refused_too():
    data = tiny.encode(SOUND, "JPEG", progressive=True)
    place = data.rindex(b"\xff\xda")
    with pytest.raises(InputError, match=r"is stored in 1\d\d passes"):
        open_photo(data[:place] + data[place:-2] * 100 + data[-2:])


def test_a_photo_of_pil_is_not_handed_back_itself():
    source = SOUND.copy()
    photo, _ = open_photo(source)
    assert photo is not source
    assert difference(photo, source) == 0
