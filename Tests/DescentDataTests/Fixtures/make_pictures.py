"""Makes the pictures of PictureFileTests.swift, and says what Pillow and NumPy see in them.

    pip install pillow pypng numpy
    python3 make_pictures.py

pypng writes the kinds of PNG that Pillow does not: 16 bits, few bits, interlaced.
"""

import io
import json
import pathlib

import numpy as np
import png
from PIL import Image, ImageOps

here = pathlib.Path(__file__).parent / "pictures"
here.mkdir(exist_ok=True)
random = np.random.default_rng(5)
height, width = 9, 11
rows, columns = np.mgrid[0:height, 0:width]
# Smooth, so that JPEG keeps it, with a little noise.
color = np.stack(
    [rows * 25 + 10, columns * 20 + 20, 230 - rows * 12 - columns * 9], axis=2
) + random.integers(-4, 5, (height, width, 3))
color = np.clip(color, 0, 255).astype(np.uint8)
gray = color[:, :, 1]
alpha = np.clip(columns * 30, 0, 255).astype(np.uint8)


def write_png(name, array, **options):
    with open(here / name, "wb") as file:
        h, w = array.shape[:2]
        png.Writer(w, h, **options).write(file, array.reshape(h, -1).tolist())


for name, interlace in [("", False), ("-interlaced", True)]:
    write_png(f"gray8{name}.png", gray, greyscale=True, bitdepth=8, interlace=interlace)
    write_png(f"rgb8{name}.png", color, greyscale=False, bitdepth=8, interlace=interlace)
write_png("gray1.png", gray // 128, greyscale=True, bitdepth=1)
write_png("gray4.png", gray // 16, greyscale=True, bitdepth=4)
write_png("gray16.png", gray.astype(int) * 257, greyscale=True, bitdepth=16)
write_png("rgb16.png", color.astype(int) * 257, greyscale=False, bitdepth=16)
write_png("graya8.png", np.dstack([gray, alpha]), greyscale=True, alpha=True, bitdepth=8)
write_png("rgba8.png", np.dstack([color, alpha]), greyscale=False, alpha=True, bitdepth=8)
write_png("rgba16-interlaced.png", np.dstack([color, alpha]).astype(int) * 257,
          greyscale=False, alpha=True, bitdepth=16, interlace=True)
write_png("key8.png", color, greyscale=False, bitdepth=8, transparent=tuple(int(v) for v in color[3, 4]))
palette = [(255, 0, 0, 255), (0, 200, 0, 128), (10, 20, 240, 0), (9, 9, 9, 255)]
write_png("palette2.png", (rows + columns) % 4, palette=palette, bitdepth=2)
Image.fromarray(color).quantize(64).save(here / "palette8.png")
Image.fromarray(color).save(here / "filtered.png", optimize=True)

picture = Image.fromarray(color)
picture.save(here / "full.jpg", quality=95, subsampling=0)
picture.save(here / "halved.jpg", quality=90, subsampling=2)
picture.save(here / "progressive.jpg", quality=95, subsampling=0, progressive=True)
Image.fromarray(gray).save(here / "gray.jpg", quality=95)
picture.convert("CMYK").save(here / "inks.jpg", quality=95, subsampling=0)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(here / f"held{orientation}.jpg", quality=95, subsampling=0, exif=exif)

picture.save(here / "binary.ppm")
Image.fromarray(gray).save(here / "binary.pgm")


def text(kind, array, most):
    return f"{kind}\n# made by make_pictures.py\n{width} {height}\n{most}\n" + "\n".join(
        " ".join(str(v) for v in row.ravel()) for row in array)


(here / "text.pgm").write_text(text("P2", gray // 16, 15))
(here / "text.ppm").write_text(text("P3", color, 255))
(here / "deep.pgm").write_bytes(
    f"P5 {width} {height} 65535\n".encode() + (gray.astype(">u2") * 257).astype(">u2").tobytes())
(here / "deep.ppm").write_bytes(
    f"P6 {width} {height} 1000\n".encode() + (color.astype(int) * 1000 // 255).astype(">u2").tobytes())


def seen(path):
    """Red, green and blue as Pillow sees them, over white."""
    image = Image.open(path)
    image.load()
    if path.name in ("gray16.png", "deep.pgm"):  # Pillow would clip instead of scaling
        values = np.rint(np.asarray(image).astype(float) / 257).astype(np.uint8)
        return np.dstack([values] * 3)
    if path.name == "deep.ppm":
        values = np.frombuffer(path.read_bytes()[-2 * color.size:], ">u2").reshape(color.shape)
        return np.rint(values * 255.0 / 1000).astype(np.uint8)
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


expected = {"pictures": {}, "resized": {}}
for path in sorted(here.iterdir()):
    if path.suffix == ".json":
        continue
    array = seen(path)
    expected["pictures"][path.name] = {
        "height": array.shape[0], "width": array.shape[1], "pixels": array.tobytes().hex()}


def mean(array, new_height, new_width):
    """Each new pixel is the mean of the area that it covers: exact, by pixels cut small enough."""
    array = np.repeat(np.repeat(array.astype(float), new_height, 0), new_width, 1)
    h, w = array.shape[0] // new_height, array.shape[1] // new_width
    return array.reshape(new_height, h, new_width, w, 3).mean((1, 3))


noise = random.integers(0, 256, (12, 16, 3)).astype(np.uint8)
Image.fromarray(noise).save(here / "noise.ppm")
for h, w in [(6, 8), (5, 7), (12, 3), (1, 1)]:
    expected["resized"][f"{h}x{w}"] = np.rint(mean(noise, h, w)).astype(np.uint8).tobytes().hex()
for h, w in [(24, 32), (17, 29), (13, 16)]:
    larger = Image.fromarray(noise).resize((w, h), Image.Resampling.BILINEAR)
    expected["resized"][f"{h}x{w}"] = np.asarray(larger).tobytes().hex()
(here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
