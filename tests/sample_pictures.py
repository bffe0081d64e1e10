"""Draws the sample pictures of ``images/``: landscapes that no camera has seen.

``uv run python tests/sample_pictures.py [FOLDER]`` writes them all, into ``images/`` if no folder
is given. Every picture is made from its own seed, so that it comes out the same on every machine up
to the rounding of the libraries.

A picture is an array of linear light (height, width, red-green-blue; 1.0 is white paper). Scenes
are painted from the back to the front; :func:`develop` exposes them like a film and adds its grain.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

Light = NDArray[np.float32]
Dice = np.random.RandomState  # Its numbers are promised to stay the same in every NumPy.

WIDE, TALL = (1067, 1600), (1600, 1067)


# --- Colours and noise ---------------------------------------------------------------------------


def colour(code: str) -> Light:
    """Linear light of ``#rrggbb``."""
    parts = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return (np.array(parts, dtype=np.float32)) ** np.float32(2.2)


def gradient(stops: Mapping[float, str], at: Light) -> Light:
    """The colour between *stops* for each value of *at*; mixed as an eye would, not as a lamp."""
    places = list(stops)
    codes = np.stack([colour(code) ** (1 / 2.2) for code in stops.values()])
    mixed = np.stack([np.interp(at, places, codes[:, part]) for part in range(3)], axis=-1)
    return (mixed**2.2).astype(np.float32)


def step(low: float, high: float, value: Light) -> Light:
    """0 below *low*, 1 above *high*, and a soft curve between them."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def noise(dice: Dice, shape: tuple[int, int], falloff: float, stretch: float = 1) -> Light:
    """Noise that tiles, with mean 0 and deviation 1; the higher *falloff*, the smoother it is.

    A *stretch* over 1 draws it out sideways.
    """
    height, width = shape
    down = np.fft.fftfreq(height)[:, None] * height
    across = np.fft.rfftfreq(width)[None, :] * height * stretch
    distance = np.hypot(down, across)
    distance[0, 0] = np.inf
    waves = np.fft.rfft2(dice.standard_normal(shape)) * distance ** (-falloff / 2)
    field = np.fft.irfft2(waves, s=shape)
    return ((field - field.mean()) / field.std()).astype(np.float32)


def grid(shape: tuple[int, int]) -> tuple[Light, Light]:
    """Down and across, each from 0 to 1."""
    height, width = shape
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    return down / height, across / width


def mix(below: Light, above: Light, cover: Light | float) -> Light:
    """*above* laid over *below* where *cover* is 1."""
    if isinstance(cover, np.ndarray) and cover.ndim == 2:
        cover = cover[..., None]
    return below + (above - below) * cover


def blur(field: Light, radius: float) -> Light:
    """A soft copy of a one-channel *field*."""
    soft = Image.fromarray(field.astype(np.float32)).resize(
        (max(1, round(field.shape[1] / radius)), max(1, round(field.shape[0] / radius))),
        Image.Resampling.BOX,
    )
    return np.asarray(soft.resize(field.shape[::-1], Image.Resampling.BICUBIC), dtype=np.float32)


def smaller(light: Light, factor: int) -> Light:
    """*light* with each square of *factor* by *factor* pixels made one."""
    height, width = light.shape[0] // factor, light.shape[1] // factor
    return (
        light[: height * factor, : width * factor]
        .reshape(height, factor, width, factor, *light.shape[2:])
        .mean(axis=(1, 3))
    )


# --- Sky -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sun:
    """A light in the sky; the place as parts of the picture, the radius as a part of its width."""

    across: float
    down: float
    radius: float
    disc: str
    halo: str
    strength: float = 1.0


def distance_to(sun: Sun, shape: tuple[int, int]) -> Light:
    """How far each pixel is from the middle of *sun*, in widths of the picture."""
    down, across = grid(shape)
    return np.hypot(across - sun.across, (down - sun.down) * (shape[0] / shape[1]))


def shine(light: Light, sun: Sun) -> Light:
    """*light* with *sun* and its halo in it."""
    shape = light.shape[:2]
    away = distance_to(sun, shape)
    wide = 0.30 * np.exp(-away / 0.30) + 0.55 * np.exp(-away / 0.09) + 0.8 * np.exp(-away / 0.028)
    disc = 1 - step(sun.radius - 0.8 / shape[1], sun.radius + 0.8 / shape[1], away)
    glowing = light + colour(sun.halo) * (wide * sun.strength)[..., None]
    return mix(glowing, colour(sun.disc) * 3.2 * sun.strength, disc)


def clouds(
    light: Light,
    dice: Dice,
    horizon: float,
    lit: Light,
    shade: Light,
    *,
    amount: float = 0.0,
    scale: float = 1.0,
    softness: float = 1.3,
) -> Light:
    """A sheet of clouds that runs back to the horizon; *amount* from -1 (few) to 1 (many)."""
    shape = light.shape[:2]
    down, across = grid(shape)
    away = 1 / np.maximum(horizon - down, 0.012)
    tile = noise(dice, (1024, 1024), 3.1)
    tile = tile + 0.35 * noise(dice, (1024, 1024), 2.2)

    def sample(shift: float) -> Light:
        x = (across - 0.5) * away * 260 * scale + 300
        y = away * 330 * scale + shift
        x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
        fx, fy = x - x0, y - y0
        rows, columns = y0 % 1024, x0 % 1024
        more_rows, more_columns = (rows + 1) % 1024, (columns + 1) % 1024
        top = tile[rows, columns] * (1 - fx) + tile[rows, more_columns] * fx
        bottom = tile[more_rows, columns] * (1 - fx) + tile[more_rows, more_columns] * fx
        return top * (1 - fy) + bottom * fy

    thick = sample(0)
    cover = step(-amount, softness - amount, thick) * step(0.0, 0.13, horizon - down)
    towards = step(-0.7, 0.9, thick - sample(22) * 0.9)
    return mix(light, mix(shade, lit, towards), cover * 0.92)


def stars(light: Light, dice: Dice, count: int, where: Light | None = None) -> Light:
    """Stars of every brightness; *where* weighs how many of them show in a place."""
    height, width = light.shape[:2]
    sky = light.copy()
    rows, columns = dice.randint(2, height - 2, count), dice.randint(2, width - 2, count)
    magnitudes = 0.05 / (dice.random_sample(count) ** 0.8 + 0.006)
    warmth = dice.standard_normal(count) * 0.5
    keep = np.ones(count) if where is None else where[rows, columns]
    shown = dice.random_sample(count) < keep
    for row, column, bright, warm in zip(
        rows[shown], columns[shown], magnitudes[shown], warmth[shown], strict=True
    ):
        tint = np.array([1 + 0.25 * warm, 1.0, 1 - 0.3 * warm], dtype=np.float32).clip(0.4, 1.5)
        reach = 1 if bright < 0.5 else 2 if bright < 1.8 else 4
        spot = np.arange(-reach, reach + 1, dtype=np.float32)
        round_ = np.exp(-(spot[:, None] ** 2 + spot[None, :] ** 2) / (0.35 + 0.16 * bright))
        top, left = max(row - reach, 0), max(column - reach, 0)
        patch = sky[top : row + reach + 1, left : column + reach + 1]
        cut = round_[: patch.shape[0], : patch.shape[1], None]
        patch += cut * tint * np.float32(min(bright, 3.0))
    return sky


# --- Land ----------------------------------------------------------------------------------------


def skyline(dice: Dice, width: int, rough: float, knots: int, octaves: int = 7) -> Light:
    """A line of hills from 0 to 1; *rough* is how much of it is in the small peaks."""
    line, size = np.zeros(width), 1.0
    places = np.linspace(0, 1, width)
    for octave in range(octaves):
        count = knots * 2**octave + 2
        values = dice.random_sample(count)
        at = places * (count - 1.001) + 0
        left = at.astype(int)
        part = at - left
        part = part * part * (3 - 2 * part) if octave < 2 else part
        wave = values[left] * (1 - part) + values[np.minimum(left + 1, count - 1)] * part
        line += size * (wave if octave < 2 else 1 - np.abs(2 * wave - 1))
        size *= rough
    line -= line.min()
    return (line / line.max()).astype(np.float32)


def below(line: Light, shape: tuple[int, int]) -> Light:
    """1 below *line* (rows from the top, one a column), 0 above it, soft over one pixel."""
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    return np.clip(rows - line[None, :] + 0.5, 0, 1)


def spruce(draw: ImageDraw.ImageDraw, dice: Dice, x: float, base: float, height: float) -> None:
    """The outline of one spruce that stands at *x*, *base*."""
    storeys = int(np.clip(height / 11, 6, 24))
    lean = dice.uniform(-0.02, 0.02) * height
    broad = height * dice.uniform(0.17, 0.24)
    sides: list[list[tuple[float, float]]] = [[], []]
    for storey in range(1, storeys + 1):
        part = storey / storeys
        y = base - height * (1 - 0.93 * part)
        for side, points in ((-1, sides[0]), (1, sides[1])):
            reach = broad * part**0.85 * dice.uniform(0.72, 1.12)
            middle = x + lean * (1 - part)
            points.append((middle + side * reach * 0.42, y - height / storeys * 0.42))
            points.append((middle + side * reach, y + height / storeys * dice.uniform(0.0, 0.35)))
    outline = [(x + lean, base - height), *sides[1], *reversed(sides[0])]
    draw.polygon(outline, fill=255)
    trunk = max(1.0, height * 0.012)
    draw.rectangle((x - trunk, base - height * 0.09, x + trunk, base + height * 0.05), fill=255)


def forest(
    dice: Dice, shape: tuple[int, int], ground: Light, heights: tuple[float, float], count: int
) -> Light:
    """How far spruces on the line *ground* (rows from the top) and all below it cover a pixel."""
    fine = 3
    canvas = Image.new("L", (shape[1] * fine, shape[0] * fine))
    draw = ImageDraw.Draw(canvas)
    for x in np.sort(dice.uniform(-20, shape[1] + 20, count)):
        base = ground[int(np.clip(x, 0, shape[1] - 1))] + heights[1] * 0.04
        tall = dice.uniform(*heights) * dice.uniform(0.7, 1.0)
        spruce(draw, dice, x * fine, base * fine, tall * fine)
    trees = smaller(np.asarray(canvas, dtype=np.float32) / 255, fine)
    return np.maximum(trees, below(ground, shape))


def ridges(
    light: Light,
    dice: Dice,
    colours: Sequence[Light],
    mist: Sequence[Light],
    *,
    top: float,
    bottom: float,
    relief: float,
    rough: float = 0.5,
    texture: float = 0.10,
    knots: tuple[int, int] = (3, 2),
    wooded: int = 0,
) -> Light:
    """Range behind range, each fading into *mist* at its foot; the nearest *wooded* have trees."""
    shape = height, width = light.shape[:2]
    rows = np.arange(height, dtype=np.float32)[:, None]
    count = len(colours)
    grains, drifts = noise(dice, shape, 2.0, 0.6), noise(dice, shape, 3.2, 3)
    for number, (tone, haze) in enumerate(zip(colours, mist, strict=True)):
        near = number / max(count - 1, 1)
        rise = relief * (0.55 + 0.75 * near) * height
        base = (top + (bottom - top) * near**1.15) * height
        peaks = knots[0] + round((knots[1] - knots[0]) * near)
        line = base - (skyline(dice, width, rough, peaks) - 0.45) * rise
        if number >= count - wooded:
            tall = height * (0.028 + 0.05 * (number - count + wooded + 1))
            cover = forest(dice, shape, line, (tall * 0.5, tall), int(width / tall * 4.5))
        else:
            cover = below(line, shape)
        soft = np.convolve(np.pad(line, width // 8, mode="edge"), np.hanning(width // 4), "same")
        crest = soft[width // 8 : width // 8 + width] / np.hanning(width // 4).sum()
        depth = np.clip((rows - crest[None, :]) / (height * (0.13 + 0.13 * near)), 0, 1)
        shift = 337 * number
        face = tone * (1 + texture * (0.3 + near) * np.roll(grains, shift, 1))[..., None]
        foot = depth**1.5 * (0.85 - 0.68 * near) * (1 + 0.16 * np.roll(drifts, shift, 1))
        light = mix(light, mix(face, haze, np.clip(foot, 0, 1)), cover)
    return light


# --- Terrain seen in perspective -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights and colours of a square of land, in cells; both arrays are indexed [far, across]."""

    heights: Light
    colours: Light


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the picture is taken from, in cells of the terrain."""

    across: float
    along: float
    up: float
    horizon: float  # part of the picture above the horizon
    width: float  # how many cells are seen at a distance of one cell
    far: float
    near: float = 3.0


def sample(field: Light, along: Light, across: Light) -> Light:
    """*field* between its cells."""
    size = field.shape[0]
    along, across = np.clip(along, 0, size - 1.01), np.clip(across, 0, size - 1.01)
    a, b = along.astype(np.int32), across.astype(np.int32)
    fa, fb = along - a, across - b
    if field.ndim == 3:
        fa, fb = fa[..., None], fb[..., None]
    top = field[a, b] * (1 - fb) + field[a, b + 1] * fb
    bottom = field[a + 1, b] * (1 - fb) + field[a + 1, b + 1] * fb
    return (top * (1 - fa) + bottom * fa).astype(np.float32)


def view(
    terrain: Terrain, camera: Camera, shape: tuple[int, int], steps: int = 900
) -> tuple[Light, Light]:
    """The colours that *camera* sees, and how far away they are; the sky is infinitely far."""
    height, width = shape
    depths = np.geomspace(camera.near, camera.far, steps).astype(np.float32)[:, None]
    slant = ((np.arange(width, dtype=np.float32) / width - 0.5) * camera.width)[None, :]
    ground = sample(terrain.heights, camera.along + depths, camera.across + slant * depths)
    focal = width / camera.width
    drawn = camera.horizon * height - (ground - camera.up) / depths * focal
    hull = np.minimum.accumulate(drawn, axis=0)
    rows = np.arange(height, dtype=np.float32)
    found = np.stack([np.searchsorted(-hull[:, x], -rows) for x in range(width)], axis=1)
    nearer = np.clip(found - 1, 0, steps - 1)
    hit = np.clip(found, 0, steps - 1)
    columns = np.arange(width)[None, :]
    before, after = hull[nearer, columns], hull[hit, columns]
    part = np.clip((before - rows[:, None]) / np.maximum(before - after, 1e-4), 0, 1)
    away = depths[nearer, 0] + part * (depths[hit, 0] - depths[nearer, 0])
    colours = sample(terrain.colours, camera.along + away, camera.across + slant * away)
    return colours, np.where(found >= steps, np.inf, away).astype(np.float32)


def slopes(heights: Light) -> tuple[Light, Light, Light]:
    """The upright, across and along parts of the normals of *heights*."""
    along, across = np.gradient(heights)
    length = np.sqrt(along**2 + across**2 + 1)
    return 1 / length, -across / length, -along / length


def in_shadow(heights: Light, fall: float, soft: float) -> Light:
    """1 where a sun on the left (*fall* cells down for each across) does not reach."""
    slanted = heights + fall * np.arange(heights.shape[1], dtype=np.float32)[None, :]
    return step(0, soft, np.maximum.accumulate(slanted, axis=1) - slanted)


def alps(dice: Dice, size: int) -> Light:
    """Sharp mountains from 0 to about 1."""
    heights, weight, strength = np.zeros((size, size), np.float32), np.float32(1), 1.0
    for octave in range(8):
        knots = 4 * 2**octave
        coarse = dice.uniform(-1, 1, (knots, knots)).astype(np.float32)
        wave = np.asarray(
            Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC), np.float32
        )
        crest = (1 - np.abs(wave)) ** 2
        heights = heights + strength * crest * weight
        weight = np.clip(crest * 1.5, 0, 1)
        strength *= 0.47
    return heights / 1.6


# --- Water ---------------------------------------------------------------------------------------


def mirror(light: Light, dice: Dice, shore: float, tint: Light, ripple: float) -> Light:
    """*light* with all below *shore* turned to water that mirrors what is above it."""
    height, width = light.shape[:2]
    edge = round(shore * height)
    deep = height - edge
    rows = np.arange(deep, dtype=np.float32)[:, None] / deep
    away = 1 / (rows + 0.04)
    tile = noise(dice, (512, 512), 2.0, 0.25)
    y = ((away * 110) % 512).astype(int)
    x = ((np.arange(width)[None, :] / width - 0.5) * (away + 2) * 60 + 256).astype(int) % 512
    waves = tile[y, x] * (0.25 + rows) * ripple
    up = edge - 1 - (rows * deep + waves * height * 0.05)
    up = np.clip(up, 0, edge - 1)
    side = np.clip(np.arange(width)[None, :] + waves * height * 0.012, 0, width - 1)
    upper = np.clip(up.astype(int), 0, edge - 2)
    part = (up - upper)[..., None].clip(0, 1)
    columns = side.astype(int)
    image = light[upper, columns] * (1 - part) + light[upper + 1, columns] * part
    water = light.copy()
    fresnel = 0.9 - 0.55 * rows[..., None] ** 0.8
    water[edge:] = image * fresnel + tint * (1 - fresnel)
    return water


def glitter(light: Light, dice: Dice, sun: Sun, horizon: float, tone: Light) -> Light:
    """The road of light that a low *sun* lays on the sea."""
    down, across = grid(light.shape[:2])
    rows = np.clip((down - horizon) / (1 - horizon), 0, 1)
    away = 1 / (rows + 0.015)
    tile = noise(dice, (1024, 1024), 1.5, 0.2)
    y = (away * 330).astype(int) % 1024
    x = ((across - sun.across) * (away + 2) * 90 + 512).astype(int) % 1024
    road = np.exp(-(((across - sun.across) / (0.035 + 0.20 * rows)) ** 2))
    sparks = step(0.9 - 1.1 * road, 2.2 - 0.6 * road, tile[y, x]) * road
    sparks = sparks * (down > horizon) * (1.15 - 0.55 * rows)
    spread = road * 0.25 * (down > horizon)
    return light + tone * (sparks * 2.2 + spread)[..., None]


# --- Film ----------------------------------------------------------------------------------------


def develop(
    light: Light, dice: Dice, *, exposure: float = 1.0, grain: float = 0.010, vignette: float = 0.25
) -> Image.Image:
    """The finished picture: exposed on film with a soft shoulder, darker corners, and grain."""
    down, across = grid(light.shape[:2])
    corner = ((down - 0.5) ** 2 + (across - 0.5) ** 2) * 2
    light = np.maximum(light, 0) * (exposure * (1 - vignette * corner**1.2))[..., None]
    knee = 0.5
    shoulder = knee + (1 - knee) * (1 - np.exp(-(light - knee) / (1 - knee)))
    film = np.clip(np.where(light < knee, light, shoulder), 0, 1) ** (1 / 2.2)
    if grain:
        speck = noise(dice, light.shape[:2], 0.6)
        film = film + (grain * speck * (1.1 - film.mean(axis=2)))[..., None]
    return Image.fromarray((np.clip(film, 0, 1) * 255 + 0.5).astype(np.uint8))


# --- Scenes --------------------------------------------------------------------------------------


def tones(shades: Mapping[float, str], count: int) -> list[Light]:
    """*count* colours from the far end of *shades* to the near one."""
    return list(gradient(shades, np.linspace(0, 1, count, dtype=np.float32)))


def golden_ridges(dice: Dice) -> Image.Image:
    """Range behind range against a low sun."""
    shape = WIDE
    down, _ = grid(shape)
    light = gradient({0: "#5f86a3", 0.22: "#c2b59a", 0.42: "#f3c98a", 0.6: "#ffdf9e"}, down)
    sun = Sun(0.66, 0.43, 0.021, "#fff6d8", "#ffb24d", 0.85)
    light = clouds(
        light, dice, 0.5, colour("#ffd9a0"), colour("#b98f7c"), amount=-0.75, scale=0.8, softness=2
    )
    light = shine(light, sun)
    far = tones({0: "#e0a86c", 0.35: "#b9764a", 0.7: "#6d4636", 1: "#2a2126"}, 8)
    mist = tones({0: "#ffd596", 0.5: "#f0ae6a", 1: "#a8694a"}, 8)
    light = ridges(
        light, dice, far, mist, top=0.50, bottom=0.97, relief=0.16, wooded=2, knots=(5, 2)
    )
    near_sun = np.exp(-distance_to(sun, shape) / 0.16)
    light = light + colour("#ff9a3c") * (0.20 * near_sun)[..., None]
    return develop(light, dice, exposure=1.0)


def paper_hills(dice: Dice) -> Image.Image:
    """Hills cut out of paper, in the greens of a pine wood; flat, as suits a PNG."""
    shape = (1200, 900)
    down, _ = grid(shape)
    light = gradient({0: "#8fc7b4", 0.3: "#c4e4cd", 0.5: "#eef6dd"}, down)
    light = shine(light, Sun(0.62, 0.22, 0.075, "#fffef2", "#f4f7d9", 0.6))
    far = tones({0: "#9fcdb4", 0.4: "#5c9a85", 0.75: "#2a5f58", 1: "#0f2c30"}, 6)
    mist = [mix(tone, colour("#e6f3dc"), 0.35) for tone in far]
    light = ridges(
        light, dice, far, mist, top=0.43, bottom=0.90, relief=0.17, texture=0, rough=0.46, wooded=2
    )
    return develop(light, dice, grain=0, vignette=0)


def alpenglow(dice: Dice) -> Image.Image:
    """The first sun on snow, over a lake that is still asleep."""
    size, fine = 1536, 2
    along, across = np.mgrid[0:size, 0:size].astype(np.float32)
    valley = step(300, 900, along + 0.35 * np.abs(across - size / 2))
    heights = alps(dice, size) ** 1.35 * valley * 330 + 9 * noise(dice, (size, size), 3.0) - 9
    up, left, _ = slopes(heights)
    roughness = noise(dice, (size, size), 1.7)
    lit = np.clip(-left * 1.15 + up * 0.30, 0, 1) * (1 - in_shadow(heights, 0.16, 22))
    snow = step(36, 96, heights + 14 * roughness) * step(0.30, 0.55, up + 0.06 * roughness)
    wood = 1 - step(16, 44, heights + 6 * roughness)
    rock = gradient({0: "#57505a", 1: "#94857c"}, 0.5 + 0.22 * roughness)
    ground = mix(rock, colour("#33443f") * (1 + 0.3 * roughness)[..., None], wood)
    ground = mix(ground, colour("#f6f3f4"), snow)
    glow = colour("#ffa27a") * 3.4 * lit[..., None] + colour("#93a6d6") * (
        0.7 + 0.4 * up[..., None]
    )
    shape = (WIDE[0] * fine, WIDE[1] * fine)
    camera = Camera(size / 2, 6, 8, 0.62, 1.2, 1490)
    land, away = view(Terrain(heights, ground * glow), camera, shape)
    down, _ = grid(shape)
    sky = gradient({0: "#4a6fae", 0.25: "#98abd4", 0.42: "#e8bfc2", 0.6: "#ffdcb8"}, down)
    sky = clouds(
        sky, dice, 0.64, colour("#ffd0b4"), colour("#b3a3c4"), amount=-0.9, scale=1.4, softness=2.4
    )
    seen = np.isfinite(away)
    far = 1 - np.exp(-np.where(seen, away, 0) / 1900)
    drift = 1 + 0.35 * noise(dice, (shape[0] // 4, shape[1] // 4), 3.2, 4)
    drift = np.repeat(np.repeat(drift, 4, 0), 4, 1)
    drift = np.pad(drift, ((0, shape[0] - drift.shape[0]), (0, 0)), mode="edge")
    low = np.exp(-np.clip(0.64 - down, 0, 1) / 0.035) * drift * 0.85
    land = mix(land, colour("#d5bccb"), far)
    land = mix(land, colour("#efd3cc"), np.clip(low, 0, 0.92))
    light = smaller(mix(sky, land, seen.astype(np.float32)), fine)
    light = mirror(light, dice, 0.655, colour("#5a7196"), 0.35)
    down, across = grid(WIDE)
    bank = 1.02 - 0.30 * np.maximum(0.25 - across[0], 0) - 0.34 * np.maximum(across[0] - 0.72, 0)
    bank = bank + 0.5 * step(0.22, 0.26, across[0]) * step(0.26, 0.30, 1 - across[0])
    light = mix(light, colour("#141b26"), forest(dice, WIDE, WIDE[0] * bank, (110, 300), 75))
    return develop(light, dice, exposure=1.0)


def paper_dusk(dice: Dice) -> Image.Image:
    """Hills cut out of paper again, at the pink end of a day."""
    shape = (800, 1200)
    down, _ = grid(shape)
    light = gradient({0: "#b98fc4", 0.28: "#f0b3cf", 0.5: "#ffe0d6"}, down)
    light = shine(light, Sun(0.27, 0.33, 0.045, "#fffaf4", "#ffd9cf", 0.6))
    far = tones({0: "#d79ab8", 0.4: "#9c5f8f", 0.75: "#5a376b", 1: "#2a1f43"}, 6)
    mist = [mix(tone, colour("#ffdcd8"), 0.32) for tone in far]
    light = ridges(
        light, dice, far, mist, top=0.47, bottom=0.92, relief=0.22, texture=0, rough=0.45, wooded=1
    )
    return develop(light, dice, grain=0, vignette=0)


def sea_at_sunset(dice: Dice) -> Image.Image:
    """The sun going down into a calm sea."""
    shape = WIDE
    horizon = 0.58
    down, across = grid(shape)
    light = gradient(
        {0: "#34406f", 0.2: "#7d5a86", 0.38: "#d9776a", 0.5: "#f7a860", 0.58: "#ffd38a"}, down
    )
    sun = Sun(0.36, 0.545, 0.026, "#fff2c8", "#ff8a3a", 0.9)
    light = clouds(
        light,
        dice,
        horizon,
        colour("#ff9a62"),
        colour("#5b4468"),
        amount=-0.15,
        scale=1.0,
        softness=1.8,
    )
    light = shine(light, sun)
    island = (
        horizon
        + 0.002
        - 0.085
        * np.exp(-(((across[0] - 0.86) / 0.085) ** 2))
        * (0.7 + 0.5 * skyline(dice, shape[1], 0.5, 9))
        * step(0.62, 0.74, across[0])
    )
    light = mix(light, colour("#5a3a52"), below(island * shape[0], shape))
    light = mirror(light, dice, horizon, colour("#1c2445"), 1.5)
    light = glitter(light, dice, sun, horizon, colour("#ffb15e"))
    return develop(light, dice, exposure=1.05)


def dunes(dice: Dice) -> Image.Image:
    """Sand at the end of an afternoon, half of it in shadow."""
    size, fine = 1536, 2
    along, across = np.mgrid[0:size, 0:size].astype(np.float32)
    bend = 60 * noise(dice, (size, size), 4.8)
    phase = (across * 0.62 + along * 0.50 + 2.0 * bend) / 190
    saw = phase - np.floor(phase)
    crest = np.where(saw < 0.68, (saw / 0.68) ** 1.7, ((1 - saw) / 0.32) ** 1.3)
    reach = 0.62 + 0.38 * np.tanh(1.2 * noise(dice, (size, size), 4.6))
    heights = (crest * 74 * reach + 16 * noise(dice, (size, size), 5.0)).astype(np.float32)
    heights = heights * step(-120, 200, along)
    up, left, _ = slopes(heights)
    lit = np.clip(-left * 1.2 + up * 0.36, 0, 1) * (1 - in_shadow(heights, 0.24, 1.5))
    wind = np.sin((along * 0.75 + across * 0.55 + 0.8 * bend) * 2.1)
    wind = wind * np.exp(-along / 260) * step(0.65, 0.9, up)
    sand = colour("#dc9a58") * (1 + 0.025 * noise(dice, (size, size), 0.8) + 0.07 * wind)[..., None]
    glow = colour("#ffcf94") * 2.1 * lit[..., None] + colour("#7a70b0") * (
        0.40 + 0.2 * up[..., None]
    )
    shape = (WIDE[0] * fine, WIDE[1] * fine)
    camera = Camera(size * 0.5, 4, 88, 0.30, 1.0, 1500)
    land, away = view(Terrain(heights, sand * glow), camera, shape)
    down, _ = grid(shape)
    sky = gradient({0: "#6f9cc6", 0.14: "#a9c3d2", 0.27: "#f2d9b4", 0.36: "#ffdda6"}, down)
    seen = np.isfinite(away)
    far = 1 - np.exp(-((np.where(seen, away, 0) / 1150) ** 1.5))
    light = mix(sky, mix(land, colour("#f3cfa4"), far), seen.astype(np.float32))
    return develop(smaller(light, fine), dice, exposure=1.0)


def forest_in_mist(dice: Dice) -> Image.Image:
    """Spruces, one row behind the other, in the mist of a morning."""
    shape = height, width = TALL
    down, across = grid(shape)
    light = gradient({0: "#a9c4c4", 0.3: "#dfe3c9", 0.6: "#f6e9c2"}, down)
    sun = Sun(0.34, 0.17, 0.0, "#ffffff", "#ffdf98", 0.85)
    light = shine(light, sun)
    drift = noise(dice, shape, 3.0, 3)
    far = tones({0: "#c3d3c8", 0.35: "#87a39a", 0.7: "#3f5f5a", 1: "#101f22"}, 6)
    for number, tone in enumerate(far):
        near = number / 5
        base = height * (0.36 + 0.60 * near**1.1)
        line = base - (skyline(dice, width, 0.28, 2, 4) - 0.5) * height * 0.09
        tall = height * (0.09 + 0.36 * near**1.5)
        cover = forest(dice, shape, line, (tall * 0.45, tall), int(width / tall * 6.0) + 3)
        foot = step(-0.03, 0.16 + 0.05 * near, down - line[None, :] / height + 0.03)
        haze = np.clip(foot * (0.95 - 0.75 * near) + 0.05 * drift * (1 - near), 0, 1)
        mist = gradient({0: "#f3eed4", 1: "#8fa79d"}, np.full(1, near, np.float32))
        light = mix(light, mix(np.broadcast_to(tone, light.shape), mist, haze), cover)
        angle = np.arctan2((down - sun.down) * 1.5, across - sun.across) + np.pi
        beams = np.interp(angle * 512 / (2 * np.pi), np.arange(512), noise(dice, (8, 512), 2.2)[0])
        reach = np.exp(-distance_to(sun, shape) / 0.55) * np.clip(beams + 0.4, 0, 2)
        light = light + colour("#fff0c0") * (0.10 * reach * (1 - 0.6 * near))[..., None]
    return develop(light, dice, exposure=0.97)


def milky_way(dice: Dice) -> Image.Image:
    """The Milky Way over a lone tree line; the camera was held upright."""
    shape = TALL
    down, across = grid(shape)
    light = gradient({0: "#060a18", 0.5: "#101d3a", 0.75: "#28406a", 0.9: "#6f7f9c"}, down)
    along = (across - 0.55) * 0.88 + (down - 0.45) * 0.75
    off = ((across - 0.55) * 0.75 * 1.1 - (0.45 - down) * 0.62) + 0.03 * noise(dice, shape, 3.4)
    cloud = noise(dice, shape, 2.6)
    band = np.exp(-((off / 0.17) ** 2)) * np.clip(0.72 + 0.28 * cloud, 0, 3)
    core = np.exp(-((off / 0.08) ** 2)) * np.exp(-(((along - 0.22) / 0.42) ** 2))
    dust = step(-0.1, 3.0, noise(dice, shape, 2.7) + 1.3 * np.exp(-(((off + 0.02) / 0.05) ** 2)))
    dust = dust * np.exp(-((off / 0.15) ** 2))
    milky = (
        colour("#8ea6d8") * (0.22 * band)[..., None] + colour("#f2c09c") * (0.42 * core)[..., None]
    )
    clear = step(0.0, 0.25, 0.93 - down)
    light = light + milky * ((1 - 0.85 * dust) * clear)[..., None]
    light = stars(light, dice, 9000, np.clip((0.22 + 0.9 * band) * (1 - 0.7 * dust) * clear, 0, 1))
    glow = np.exp(-np.clip(0.93 - down, 0, 1) / 0.06)
    light = (
        light
        + colour("#ffb27a") * (0.28 * glow * np.exp(-(((across - 0.3) / 0.4) ** 2)))[..., None]
    )
    far = tones({0: "#26344f", 1: "#05070c"}, 3)
    light = ridges(
        light,
        dice,
        far,
        [mix(tone, colour("#5d6f8d"), 0.4) for tone in far],
        top=0.865,
        bottom=0.975,
        relief=0.06,
        wooded=1,
        knots=(3, 2),
    )
    return develop(light, dice, exposure=1.25, grain=0.014)


def aurora(dice: Dice) -> Image.Image:
    """Northern lights over a frozen lake."""
    shape = _, width = WIDE
    down, across = grid(shape)
    light = gradient({0: "#070d22", 0.4: "#0e2440", 0.66: "#1f4a5a"}, down)
    light = stars(light, dice, 2600, step(0.0, 0.3, 0.66 - down))
    for number in range(3):
        wave = 0.5 * noise(dice, (4, width), 3.4)[0] + 0.16 * noise(dice, (4, width), 2.6)[0]
        foot = 0.50 - 0.11 * number + 0.075 * wave + 0.16 * (across[0] - 0.5) * (1 - number)
        rays = 0.5 + 0.5 * np.tanh(1.2 * noise(dice, (4, width), 2.3)[0])
        fold = step(-0.9, 1.3, noise(dice, (4, width), 3.2)[0])
        above = foot[None, :] - down
        reach = (0.11 + 0.10 * rays)[None, :]
        curtain = np.exp(-np.clip(above, 0, 1) / reach) * step(-0.05, 0.03, above)
        curtain = curtain * (rays * fold)[None, :] * (1.0 - 0.28 * number)
        tint = gradient({0: "#8dffb0", 0.10: "#4fe39a", 0.25: "#3c9fae", 0.45: "#8a4fae"}, above)
        light = light + tint * (0.95 * curtain)[..., None]
    far = tones({0: "#2a4a5c", 1: "#0b1a26"}, 3)
    light = ridges(
        light,
        dice,
        far,
        [mix(tone, colour("#4f8a86"), 0.5) for tone in far],
        top=0.62,
        bottom=0.665,
        relief=0.10,
        wooded=1,
        knots=(4, 3),
    )
    light = mirror(light, dice, 0.70, colour("#0a1a26"), 0.7)
    return develop(light, dice, exposure=1.3, grain=0.014)


def moonrise(dice: Dice) -> Image.Image:
    """A full moon comes up behind blue mountains."""
    shape = height, width = WIDE
    down, _ = grid(shape)
    light = gradient({0: "#27406e", 0.3: "#5b78a8", 0.5: "#a9a6c4", 0.62: "#e3bfc0"}, down)
    moon = Sun(0.31, 0.33, 0.062, "#fdf3dc", "#c9c3d8", 0.28)
    light = shine(light, moon)
    away = distance_to(moon, shape)
    maria = np.roll(noise(dice, (height // 6, height // 6), 3.0), 40)
    maria = np.tile(maria, (7, 10))[:height, :width]
    seas = step(-0.3, 1.2, maria) * 0.5 + 0.05 * noise(dice, shape, 1.8)
    limb = np.sqrt(np.clip(1 - (away / moon.radius) ** 2, 0, 1)) ** 0.35
    face = colour("#fdf0d6") * ((0.98 - seas) * (0.6 + 0.4 * limb))[..., None]
    disc = 1 - step(moon.radius - 0.0007, moon.radius + 0.0007, away)
    light = mix(light, mix(face, light, 0.12), disc)
    far = tones({0: "#8f9cc0", 0.35: "#5d76a3", 0.7: "#2c446d", 1: "#0c1830"}, 7)
    mist = tones({0: "#dcc3cc", 0.5: "#8fa0c4", 1: "#34507c"}, 7)
    light = ridges(
        light,
        dice,
        far,
        mist,
        top=0.52,
        bottom=0.97,
        relief=0.22,
        rough=0.55,
        wooded=1,
        knots=(4, 2),
    )
    return develop(light, dice, exposure=1.05)


def green_hills(dice: Dice) -> Image.Image:
    """Meadows under a summer sky."""
    size, fine = 1536, 2
    along, across = np.mgrid[0:size, 0:size].astype(np.float32)
    heights = 44 * noise(dice, (size, size), 4.9) + 3 * noise(dice, (size, size), 4.0)
    heights = heights * step(-100, 300, along) + 0.03 * along
    up, left, _ = slopes(heights)
    lit = np.clip(-left * 1.6 + up * 0.55, 0, 1.2)
    patches = step(-0.5, 0.9, blur(noise(dice, (size, size), 3.4), 6))
    fields = mix(colour("#6f9a3a"), colour("#b9bd58"), patches)
    rows = 0.5 + 0.5 * np.sin((across * 0.8 + along * 0.35 + 0.4 * heights) * 1.1)
    fields = fields * (1 - 0.13 * rows * (1 - patches))[..., None]
    fields = fields * (1 + 0.10 * noise(dice, (size, size), 1.4))[..., None]
    groves = step(0.75, 0.95, noise(dice, (size, size), 2.5))
    canopy = noise(dice, (size, size), 1.7)
    speck = np.clip(0.85 + 0.45 * canopy, 0.25, 2)
    ground = mix(fields, colour("#2e4f26") * speck[..., None], groves)
    heights = heights + groves * (3.0 + 1.6 * canopy)
    cast = step(0.2, 1.0, noise(dice, (size, size), 4.0)) * 0.5
    glow = colour("#fff1cf") * (1.5 * lit * (1 - cast))[..., None] + colour("#9fc0e6") * 0.38
    shape = (WIDE[0] * fine, WIDE[1] * fine)
    camera = Camera(size / 2, 4, 78, 0.40, 1.0, 1500)
    land, away = view(Terrain(heights, ground * glow), camera, shape)
    down, _ = grid(shape)
    sky = gradient({0: "#3f7fc4", 0.25: "#86b6e0", 0.46: "#dcebf0"}, down)
    sky = clouds(
        sky,
        dice,
        0.46,
        colour("#ffffff") * 1.15,
        colour("#a9b8cc"),
        amount=-0.2,
        scale=0.45,
        softness=1.7,
    )
    seen = np.isfinite(away)
    far = 1 - np.exp(-((np.where(seen, away, 0) / 1300) ** 1.3))
    light = mix(sky, mix(land, colour("#bcd2e2"), far), seen.astype(np.float32))
    return develop(smaller(light, fine), dice, exposure=1.0)


def city_lights(dice: Dice) -> Image.Image:
    """Lamps of a street at night, far out of focus."""
    shape = height, width = TALL
    down, _ = grid(shape)
    light = gradient({0: "#0b1026", 0.4: "#241c3a", 0.62: "#4a2c3a", 1: "#0c0a14"}, down)
    light = light + colour("#ff9a50") * (0.25 * np.exp(-(((down - 0.56) / 0.14) ** 2)))[..., None]
    shades = ["#ffb25a", "#ff8f3c", "#ffd9a0", "#ff5d4a", "#6fc7ff", "#ffe9c9", "#8dffc8"]
    weights = [0.30, 0.20, 0.2, 0.10, 0.08, 0.08, 0.04]
    for _ in range(150):
        size = dice.uniform(0.022, 0.075) * dice.choice([0.6, 1.0, 1.25])
        row = float(np.clip(0.56 + dice.standard_normal() * 0.15, 0.06, 0.97))
        column = dice.uniform(-0.05, 1.05)
        tone = colour(shades[dice.choice(len(shades), p=weights)]) * dice.uniform(0.10, 0.55)
        radius = int(size * width * (0.75 + 0.8 * abs(row - 0.55)))
        top, left = int(row * height) - radius - 3, int(column * width) - radius - 3
        rows = np.arange(max(top, 0), min(top + 2 * radius + 6, height))
        columns = np.arange(max(left, 0), min(left + 2 * radius + 6, width))
        if not rows.size or not columns.size:
            continue
        away = np.hypot(rows[:, None] - row * height, columns[None, :] - column * width) / radius
        blade = (1 - step(0.97, 1.03, away)) * (0.62 + 0.38 * away**4)
        light[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += blade[..., None] * tone
    return develop(light, dice, exposure=1.1, grain=0.012, vignette=0.4)


def first_snow(dice: Dice) -> Image.Image:
    """Snow falls on a wood."""
    shape = height, width = WIDE
    down, _ = grid(shape)
    light = gradient({0: "#93a5b8", 0.5: "#cfd8df", 1: "#eef1f4"}, down)
    for number in range(5):
        near = number / 4
        base = height * (0.42 + 0.40 * near)
        line = base - (skyline(dice, width, 0.35, 2) - 0.5) * height * 0.16
        tall = height * (0.11 + 0.30 * near**1.3)
        trees = forest(dice, shape, line, (tall * 0.4, tall), int(width / tall * 3.2))
        drift = below(line, shape)
        wood = gradient({0: "#aab8c6", 0.5: "#637587", 1: "#25323f"}, np.full(1, near, np.float32))
        frost = step(0.2, 1.4, noise(dice, shape, 1.1)) * (0.5 + 0.3 * near)
        light = mix(light, mix(np.broadcast_to(wood, light.shape), colour("#eef3f8"), frost), trees)
        fall = np.clip((down - line[None, :] / height) / 0.25, 0, 1)
        snow = (
            gradient({0: "#f6f8fb", 1: "#c4d1e0"}, fall)
            * (1 + 0.03 * noise(dice, shape, 2.4, 3))[..., None]
        )
        light = mix(light, mix(snow, colour("#dfe6ec"), 0.6 * (1 - near)), drift)
    for count, size, faint in ((900, 1.6, 0.6), (260, 3.4, 0.5), (46, 9.0, 0.32)):
        for _ in range(count):
            row, column = dice.uniform(0, height), dice.uniform(0, width)
            radius = size * dice.uniform(0.7, 1.4)
            reach = int(radius * 2) + 2
            rows = np.arange(max(int(row) - reach, 0), min(int(row) + reach, height))
            columns = np.arange(max(int(column) - reach, 0), min(int(column) + reach, width))
            away = np.hypot(rows[:, None] - row, (columns[None, :] - column)) / radius
            flake = ((1 - step(0.6, 1.4, away)) * faint)[..., None]
            spot = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            light[spot] = mix(light[spot], colour("#ffffff"), flake)
    return develop(light, dice, exposure=0.95)


def cabin(dice: Dice) -> Image.Image:
    """Somebody is at home, in the blue hour."""
    shape = height, width = WIDE
    down, across = grid(shape)
    light = gradient({0: "#16264f", 0.35: "#34538c", 0.55: "#7f8fb8", 0.66: "#c9a9b4"}, down)
    light = stars(light, dice, 500, step(0.05, 0.5, 0.55 - down))
    far = tones({0: "#6f83ad", 0.5: "#3d547f", 1: "#1c2c4c"}, 4)
    light = ridges(
        light,
        dice,
        far,
        [mix(tone, colour("#a9b4d2"), 0.5) for tone in far],
        top=0.50,
        bottom=0.66,
        relief=0.20,
        wooded=2,
        knots=(4, 3),
        rough=0.52,
    )
    line = (0.74 + 0.03 * np.sin(across[0] * 5.2 + 0.6) + 0.01 * np.sin(across[0] * 17)) * height
    fall = np.clip((down - line[None, :] / height) / 0.28, 0, 1)
    snow = gradient({0: "#aebbdc", 0.5: "#7f92c0", 1: "#4c609a"}, fall)
    snow = snow * (1 + 0.06 * noise(dice, shape, 2.6, 3))[..., None]
    light = mix(light, snow, below(line, shape))
    x, y, unit = 0.64 * width, 0.775 * height, height * 0.01
    parts: list[tuple[str, float, list[tuple[float, float]]]] = [
        ("#2b2430", 1, [(-11, 0), (-11, -9), (0, -17), (11, -9), (11, 0)]),
        ("#c3cfe8", 1, [(-13.5, -7.6), (0, -18.6), (13.5, -7.6), (13, -10), (0, -21), (-13, -10)]),
        ("#2b2430", 1, [(5, -14), (5, -21), (7.6, -21), (7.6, -12)]),
        ("#c3cfe8", 1, [(4.6, -20.6), (4.6, -22), (8, -22), (8, -20.6)]),
        ("#ffc864", 2.4, [(-8, -2.6), (-8, -7.2), (-3.2, -7.2), (-3.2, -2.6)]),
        ("#ffc864", 2.4, [(3.4, -2.6), (3.4, -7.2), (8.2, -7.2), (8.2, -2.6)]),
        ("#ffb650", 1.5, [(-1.7, -9.6), (-1.7, -12.6), (1.7, -12.6), (1.7, -9.6)]),
        ("#4a2f2a", 1, [(-1.8, 0), (-1.8, -6.4), (1.8, -6.4), (1.8, 0)]),
        ("#2b2430", 1, [(-5.75, -2.6), (-5.75, -7.2), (-5.35, -7.2), (-5.35, -2.6)]),
        ("#2b2430", 1, [(5.65, -2.6), (5.65, -7.2), (6.05, -7.2), (6.05, -2.6)]),
    ]
    for code, strength, outline in parts:
        canvas = Image.new("L", (width * 2, height * 2))
        ImageDraw.Draw(canvas).polygon(
            [((x + a * unit) * 2, (y + b * unit) * 2) for a, b in outline], fill=255
        )
        cover = smaller(np.asarray(canvas, np.float32) / 255, 2)
        light = mix(light, colour(code) * strength, cover)
    away = np.hypot(
        (across * width - x) / (15 * unit), (down * height - y - unit * 3) / (5.5 * unit)
    )
    onto_snow = np.exp(-(away**1.6)) * below(line + unit * 2, shape)
    light = light + colour("#ff9f45") * (0.75 * onto_snow)[..., None]
    halo = np.hypot(across * width - x, down * height - y + 5 * unit) / (26 * unit)
    light = light + colour("#ff9f45") * (0.12 * np.exp(-(halo**1.5)))[..., None]
    for number, drift in enumerate(np.linspace(0, 1, 90)):
        sway = 1.6 * np.sin(drift * 5) * drift + 5 * drift**1.6
        puff = np.hypot(
            across * width - x - (6.3 + sway) * unit, down * height - y + (22.5 + 17 * drift) * unit
        ) / ((0.9 + 2.6 * drift) * unit)
        light = mix(light, colour("#b9bfd6"), 0.075 * np.exp(-(puff**2)) * (1 - 0.85 * number / 90))
    bank = (0.93 + 0.05 * np.sin(across[0] * 6.5 + 2)) * height
    bank = bank + height * step(0.24, 0.30, across[0])
    light = mix(light, colour("#0b1326"), forest(dice, shape, bank, (190, 520), 62))
    return develop(light, dice, exposure=1.1)


def lighthouse(dice: Dice) -> list[Image.Image]:
    """One turn of a lighthouse's lamp."""
    shape = height, width = 320, 480
    down, across = grid(shape)
    horizon, x, y = 0.70, 0.645, 0.335
    sky = gradient({0: "#0b1430", 0.45: "#21355f", 0.70: "#6d6f95"}, down)
    sky = stars(sky, dice, 160, step(0.05, 0.4, horizon - down)) * 0.9
    tower = Image.new("L", (width * 4, height * 4))
    draw = ImageDraw.Draw(tower)
    for outline in (
        [(0.624, 0.74), (0.632, 0.40), (0.658, 0.40), (0.666, 0.74)],
        [(0.624, 0.40), (0.624, 0.38), (0.666, 0.38), (0.666, 0.40)],
        [(0.629, 0.31), (0.645, 0.265), (0.661, 0.31)],
        [(0.632, 0.38), (0.632, 0.31), (0.635, 0.31), (0.635, 0.38)],
        [(0.655, 0.38), (0.655, 0.31), (0.658, 0.31), (0.658, 0.38)],
    ):
        draw.polygon([(a * width * 4, b * height * 4) for a, b in outline], fill=255)
    stone = smaller(np.asarray(tower, np.float32) / 255, 4)
    steep = np.where(across[0] < 0.645, 5.2, 1.6)
    rock = (0.732 + steep * (across[0] - 0.645) ** 2) * height
    rock = rock - (skyline(dice, width, 0.5, 12) - 0.5) * 0.03 * height
    bands = 0.55 + 0.45 * step(-0.1, 0.1, np.sin((down - 0.385) * 54))
    ripples = noise(dice, (256, 256), 2.0, 0.25)
    frames = []
    for turn in np.linspace(0, 2 * np.pi, 20, endpoint=False):
        light = sky.copy()
        ahead, aside = np.cos(turn), np.sin(turn)
        for side in (1, -1):
            reach = side * aside
            off = (across - x) * np.sign(reach) * 1.5
            cone = np.exp(-(((down - y) / (0.012 + 0.17 * np.clip(off, 0, 2))) ** 2)) * (off > 0)
            beam = cone * np.exp(-np.clip(off, 0, 2) / (0.95 * abs(reach) + 0.03))
            light += colour("#ffe2a0") * (0.75 * abs(reach) ** 0.5 * beam)[..., None]
        flash = max(ahead, 0) ** 8
        lamp = np.hypot((across - x) * 1.5, down - y)
        halo = np.exp(-lamp / 0.02) * 2.0 + (0.15 + 1.1 * flash) * np.exp(-lamp / 0.09)
        light += colour("#ffd993") * halo[..., None]
        edge = round(horizon * height)
        rows = np.arange(height - edge, dtype=np.float32)[:, None]
        away = height / (rows + 5)
        wave = ripples[
            (away * 9).astype(int) % 256,
            ((across[:1] - 0.5) * away * 11 + 128 + 12 * np.sin(turn)).astype(int) % 256,
        ]
        up = np.clip(edge - 1 - rows * 1.6 - 5 * wave, 0, edge - 1).astype(int)
        light[edge:] = light[up, np.arange(width)[None, :]] * 0.62 + colour("#16223f") * 0.3
        light = mix(light, colour("#0a0f1c"), below(rock, shape))
        light = mix(light, colour("#5a5462") * bands[..., None], stone)
        frames.append(develop(light, dice, grain=0, vignette=0.3))
    return frames


# --- Files ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shot:
    """What a camera would have noted about a picture."""

    taken: str
    focal: int = 35
    stop: float = 8.0
    seconds: tuple[int, int] = (1, 125)
    speed: int = 200
    place: tuple[float, float] | None = None  # degrees north and east
    turned: bool = False  # held upright, and stored as the sensor lay


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture of ours: where it lies, who draws it, from which seed, and its notes."""

    path: str
    scene: Callable[[Dice], Image.Image | list[Image.Image]]
    seed: int
    shot: Shot | None = None


SAMPLES = (
    Sample("img2.jpg", golden_ridges, 1366, Shot("2026:07:12 20:41:08", 85)),
    Sample("img2.png", paper_hills, 1171),
    Sample(
        "uploads/img1.jpg", alpenglow, 969, Shot("2026:06:21 05:32:40", 35, place=(45.9836, 7.7486))
    ),
    Sample("uploads/img1.png", paper_dusk, 1070),
    Sample("aurora.jpg", aurora, 650, Shot("2026:03:02 23:15:55", 20, 1.8, (6, 1), 1600)),
    Sample(
        "city-lights.jpg", city_lights, 1187, Shot("2026:02:14 18:20:31", 50, 1.4, (1, 60), 800)
    ),
    Sample("dunes.jpg", dunes, 543, Shot("2026:04:18 18:47:12", 70, 11.0)),
    Sample("forest-in-mist.jpg", forest_in_mist, 1509, Shot("2026:09:27 07:58:03", 50)),
    Sample("green-hills.jpg", green_hills, 1164),
    Sample("lighthouse.gif", lighthouse, 7),
    Sample(
        "milky-way.jpg",
        milky_way,
        982,
        Shot("2026:08:13 01:26:47", 20, 1.8, (15, 1), 3200, turned=True),
    ),
    Sample("moonrise.jpg", moonrise, 876, Shot("2026:10:26 18:02:19", 135, 5.6, (1, 30), 400)),
    Sample("sea-at-sunset.jpg", sea_at_sunset, 1390, Shot("2026:07:30 21:03:36")),
    Sample("Winter walk/first-snow.jpg", first_snow, 1102, Shot("2026:01:09 10:12:50")),
    Sample(
        "Winter walk/Evening/cabin.jpg",
        cabin,
        509,
        Shot("2026:01:09 17:05:24", 50, 2.0, (1, 8), 800),
    ),
)

ABOUT = """\
About these pictures

No camera took them. A script draws them out of noise and light, so that Lanslide has
something to show when you start it for the first time.

They are yours to use in any way (MIT licence, like the rest of Lanslide).

To share your own pictures instead, open another folder in the window, or start

    lanslide FOLDER
"""


def degrees(angle: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """*angle* as EXIF writes it: degrees, minutes, seconds."""
    seconds = round(angle * 3600)
    parts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    return (IFDRational(parts[0]), IFDRational(parts[1]), IFDRational(parts[2]))


def notes(shot: Shot) -> Image.Exif:
    """*shot* as EXIF."""
    exif = Image.Exif()
    base, gps = ExifTags.Base, ExifTags.GPS
    exif[base.Make] = "Lanslide"
    exif[base.Model] = "Imaginary 35"
    exif[base.Orientation] = 6 if shot.turned else 1
    exif[base.DateTime] = shot.taken
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            base.DateTimeOriginal: shot.taken,
            base.FocalLength: IFDRational(shot.focal),
            base.FNumber: IFDRational(round(shot.stop * 10), 10),
            base.ExposureTime: IFDRational(*shot.seconds),
            base.ISOSpeedRatings: shot.speed,
            base.LensModel: f"{shot.focal} mm f/{shot.stop:g}",
        }
    )
    if shot.place:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                gps.GPSLatitudeRef: "N",
                gps.GPSLatitude: degrees(shot.place[0]),
                gps.GPSLongitudeRef: "E",
                gps.GPSLongitude: degrees(shot.place[1]),
            }
        )
    return exif


def save_animation(frames: list[Image.Image], target: Path) -> None:
    """Write *frames* to *target* as a GIF with one palette for all of them."""
    width, height = frames[0].size
    strip = Image.new("RGB", (width, height * len(frames)))
    for number, frame in enumerate(frames):
        strip.paste(frame, (0, height * number))
    palette = strip.quantize(112, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    flat = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    flat[0].save(target, save_all=True, append_images=flat[1:], duration=130, loop=0)


def write(sample: Sample, folder: Path) -> Path:
    """Draw *sample* and save it at its place in *folder*."""
    target = folder / sample.path
    target.parent.mkdir(parents=True, exist_ok=True)
    drawn = sample.scene(Dice(sample.seed))
    if isinstance(drawn, list):
        save_animation(drawn, target)
    elif target.suffix == ".png":
        drawn.save(target, optimize=True)
    else:
        exif = notes(sample.shot) if sample.shot else Image.Exif()
        if sample.shot and sample.shot.turned:
            drawn = drawn.transpose(Image.Transpose.ROTATE_90)
        drawn.save(target, quality=80, optimize=True, progressive=True, exif=exif)
    return target


def main(arguments: Sequence[str]) -> None:
    """Write every sample into the given folder."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent.parent / "images"
    for sample in SAMPLES:
        target = write(sample, folder)
        sys.stdout.write(f"{target.stat().st_size:>9,}  {sample.path}\n")
    (folder / "about-these-pictures.txt").write_text(ABOUT, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
