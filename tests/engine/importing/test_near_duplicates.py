import io
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from engine.importing.near_duplicates import (
    FLAT,
    NearDuplicateIndex,
    colour_layouts,
    near_duplicate_groups,
    perceptual_hashes,
    pixel_digest,
)


def scene(seed, size=256):
    """Draw coloured shapes, as a photograph has large areas."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (size, size), tuple(random.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, *ends = random.integers(0, size, 4).tolist()
        box = (min(x, ends[0]), min(y, ends[1]), max(x, ends[0]) + 9, max(y, ends[1]) + 9)
        draw.ellipse(box, fill=tuple(random.integers(0, 256, 3).tolist()))
    return picture


def stored(picture, size=64):
    return np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS))[None]


def bits_apart(one, other):
    return (int(one) ^ int(other)).bit_count()


def dct_hash(grey):
    """Hash 32 x 32 grey values by the definition of the cosine transform, one sum at a time."""
    x = np.arange(32)
    found = {}
    for u in range(9):
        for v in range(9):
            waves = np.outer(
                np.cos(np.pi * u * (2 * x + 1) / 64), np.cos(np.pi * v * (2 * x + 1) / 64)
            )
            found[u, v] = float((grey * waves).sum())
    order = [*[(u, v) for u in range(8) for v in range(8)][1:], (8, 0)]
    values = np.array([found[place] for place in order])
    return values - min(np.median(values), -grey.max() / 4)


def test_that_the_hash_is_that_of_the_cosine_transform():
    for seed in range(5):
        grey = np.random.default_rng(seed).integers(0, 256, (1, 32, 32, 1), dtype=np.uint8)
        hash_ = int(perceptual_hashes(grey)[0])
        bits = [bool(hash_ >> (63 - place) & 1) for place in range(64)]
        expected = dct_hash(grey[0, ..., 0].astype(float))
        # The waves are rounded, which moves a value by 255 * 1024 / 4096 at most, and the median
        # by as much.
        sure = np.abs(expected) > 128
        assert sure.sum() > 40
        assert np.array(bits)[sure].tolist() == (expected > 0)[sure].tolist()


@pytest.mark.parametrize("seed", range(8))
def test_that_a_picture_saved_again_is_near_and_another_is_not(seed):
    picture, file = scene(seed), io.BytesIO()
    picture.resize((200, 200)).save(file, "JPEG", quality=60)
    again = stored(Image.open(file))
    hashes = perceptual_hashes(np.concatenate([stored(picture), again, stored(scene(seed + 100))]))
    assert bits_apart(hashes[0], hashes[1]) <= 4
    assert bits_apart(hashes[0], hashes[2]) > 10
    layouts = colour_layouts(np.concatenate([stored(picture), again])).astype(int)
    assert abs(layouts[0] - layouts[1]).max() <= 16


@pytest.mark.parametrize("shape", [(8, 8, 1), (64, 64, 3), (48, 48, 3), (28, 28, 1), (256, 256, 4)])
def test_that_one_by_one_and_together_are_the_same(shape):
    images = np.random.default_rng(0).integers(0, 256, (5, *shape), dtype=np.uint8)
    together = perceptual_hashes(images)
    assert together.shape == (5,)
    assert together.dtype == np.uint64
    assert [int(perceptual_hashes(image[None])[0]) for image in images] == together.tolist()
    assert colour_layouts(images).shape == (5, 64 if shape[-1] == 1 else 192)


def test_that_no_images_have_no_hashes():
    assert perceptual_hashes(np.empty((0, 64, 64, 3), np.uint8)).shape == (0,)
    assert len(colour_layouts(np.empty((0, 64, 64, 3), np.uint8))) == 0


@pytest.mark.parametrize("value", [0, 7, 255])
def test_that_flat_images_have_the_flat_hash(value):
    noise = np.random.default_rng(1).integers(0, 3, (2, 64, 64, 3))
    flat = np.clip(noise + value, 0, 255).astype(np.uint8)
    assert perceptual_hashes(flat).tolist() == [FLAT, FLAT]
    assert near_duplicate_groups(perceptual_hashes(flat), 4) == []


def test_that_stripes_hash_the_same_at_any_brightness():
    ramp = np.tile(np.arange(64, dtype=np.uint8)[:, None, None], (1, 1, 64, 1)) * 2
    hashes = perceptual_hashes(np.concatenate([ramp, ramp + 40]))
    assert hashes[0] == hashes[1]
    assert hashes[0] != FLAT


def test_that_mean_colours_are_means():
    images = np.random.default_rng(2).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    layout = colour_layouts(images).reshape(8, 8, 3)
    assert (
        layout[2, 5].tolist() == images[0, 16:24, 40:48].reshape(-1, 3).mean(0).astype(int).tolist()
    )


def test_that_a_digest_knows_shape_and_content():
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    other = pixels.copy()
    other[0, 0, 0] += 1
    digests = {pixel_digest(pixels), pixel_digest(other), pixel_digest(pixels.reshape(2, 8, 3))}
    assert len(digests) == 3
    assert pixel_digest(np.asfortranarray(pixels)) == pixel_digest(pixels)
    assert len(pixel_digest(pixels)) == 16


def brute_groups(hashes, distance, colours=None, tolerance=16):
    """Compare each with every leader so far."""
    leaders, groups = [], {}
    for place, hash_ in enumerate(hashes):
        if hash_ == FLAT:
            continue
        for leader in leaders:
            near = bits_apart(hashes[leader], hash_) <= distance
            if near and colours:
                near = all(
                    abs(a - b) <= tolerance
                    for a, b in zip(colours[leader], colours[place], strict=True)
                )
            if near:
                groups[leader].append(place)
                break
        else:
            leaders.append(place)
            groups[place] = [place]
    return [group for group in groups.values() if len(group) > 1]


def planted(random, count):
    """Make random hashes, two thirds of them a few bits from another, some equal, some flat."""
    hashes = random.integers(1, 2**64, count, dtype=np.uint64)
    for place in range(count // 3, count):
        flips = random.choice(64, random.integers(0, 7), replace=False)
        hashes[place] = hashes[random.integers(0, count // 3)]
        for flip in flips.tolist():
            hashes[place] ^= np.uint64(1 << flip)
    hashes[::17] = FLAT
    return hashes


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 8))
def test_that_groups_are_those_of_comparing_all(seed, distance):
    hashes = planted(np.random.default_rng(seed), 150)
    assert near_duplicate_groups(hashes, distance) == brute_groups(hashes.tolist(), distance)


def test_that_groups_with_colours_are_those_of_comparing_all():
    random = np.random.default_rng(5)
    hashes = planted(random, 300)
    colours = [bytes(row) for row in random.integers(0, 24, (300, 3), dtype=np.uint8).tolist()]
    expected = brute_groups(hashes.tolist(), 4, colours)
    assert near_duplicate_groups(hashes, 4, colours) == expected
    assert expected != brute_groups(hashes.tolist(), 4)


def test_that_equal_hashes_of_other_colours_are_apart():
    assert near_duplicate_groups([5, 5, 5], 4, [b"\0\0", b"\xff\0", b"\0\0"]) == [[0, 2]]


def test_that_the_index_gives_the_first_that_is_near():
    hashes = np.array([0b1111, 0b1110, 0b1110, 0b1111 << 20, FLAT], dtype=np.uint64)
    index = NearDuplicateIndex(hashes, (), 2)
    index.add(np.array([0, 1]))
    assert index.find(np.array([2, 3, 4])).tolist() == [0, -1, -1]


@pytest.mark.parametrize("distance", [0, 2, 4])
def test_that_the_index_finds_what_comparing_all_finds(distance):
    random = np.random.default_rng(distance)
    hashes = planted(random, 900)
    colours = [bytes(row) for row in random.integers(0, 24, (900, 3), dtype=np.uint8).tolist()]
    index = NearDuplicateIndex(hashes, colours, distance, 12)
    for start in range(0, 600, 200):
        index.add(np.arange(start, start + 200))
    for place, found in zip(range(600, 900), index.find(np.arange(600, 900)).tolist(), strict=True):
        near = (
            other
            for other in range(600)
            if FLAT not in (hashes[other], hashes[place])
            and bits_apart(hashes[other], hashes[place]) <= distance
            and all(abs(a - b) <= 12 for a, b in zip(colours[other], colours[place], strict=True))
        )
        assert found == next(near, -1)


@pytest.mark.parametrize("kind", ["random", "equal", "clustered"])
def test_that_a_hundred_thousand_take_seconds(kind):
    random = np.random.default_rng(0)
    hashes = random.integers(1, 2**64, 100_000, dtype=np.uint64)
    if kind == "equal":
        hashes[:] = 12_345
    if kind == "clustered":
        flips = np.uint64(1) << random.integers(0, 64, (4, 100_000), dtype=np.uint64)
        hashes = np.bitwise_xor.reduce(flips, axis=0) ^ np.uint64(12_345)
    start = time.process_time()
    groups = near_duplicate_groups(hashes, 4)
    # Comparing all pairs would take minutes.
    assert time.process_time() - start < 15
    assert bool(groups) == (kind != "random")


def test_that_images_of_other_shapes_are_compared_as_well():
    images = [scene(seed, 256).crop((0, 0, 256, 192)) for seed in (1, 2)]
    wide = np.stack([np.asarray(one.resize((64, 48), Image.Resampling.BOX)) for one in images])
    large = np.stack([np.asarray(one.resize((128, 96), Image.Resampling.BOX)) for one in images])
    small, big = perceptual_hashes(wide), perceptual_hashes(large)
    assert bits_apart(small[0], big[0]) <= 4
    assert bits_apart(small[0], small[1]) > 10
    # The least contrast that counts is that of a square.
    faint = np.full((1, 48, 64, 1), 100, dtype=np.uint8)
    faint[:, :24] += 9
    assert perceptual_hashes(faint)[0] != 0
    assert perceptual_hashes(faint[:, :, :48].repeat(2, 1).repeat(2, 2)[:, :96, :96])[0] != 0
