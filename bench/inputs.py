# SPDX-License-Identifier: MIT
"""The photos that are measured with. All are prepared once, in the work folder, and kept."""
import os
import shutil
import subprocess

from measure import Failed, say
from needs import REPOSITORY

PHOTO_NAMES = (".jpg", ".jpeg")
SAFETY_BYTES = 5 << 30  # of disk left alone
LARGE_DIFFERENT = 500  # of the many photos, how many are different pictures


def _photos_in(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.lower().endswith(PHOTO_NAMES))


def _make_photos(programs, folder, count, megapixels):
    program = os.path.join(programs, "make-photos")
    if not os.path.exists(program):
        raise Failed("make-photos is not built")
    say(f"making {count} photos of {megapixels} megapixels")
    os.makedirs(folder, exist_ok=True)
    subprocess.run([program, "--count", str(count), "--megapixels", str(megapixels), "--out", folder], check=True,
                   stdout=subprocess.DEVNULL)
    return _photos_in(folder)


def sixteen(work, programs, folder):
    """16 files, all different inodes with different names: a photo that is there twice is two files, so that nobody
    gains by recognising a path. Returns (paths, what they are, index of the original of each)."""
    described = folder
    if not folder:
        folder = os.path.join(os.path.dirname(REPOSITORY), "shared", "photos")
        described = "../shared/photos, each twice"
    if os.path.isdir(folder) and _photos_in(folder):
        originals = _photos_in(folder)[:16]
    else:
        folder = os.path.join(work, "sample-photos")
        originals = _photos_in(folder) if os.path.isdir(folder) else []
        originals = originals or _make_photos(programs, folder, 8, 9)
        described = "sample photos of make-photos, 9 megapixels, each twice"
    target = os.path.join(work, "photos-16")
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    paths = []
    for i in range(16):
        paths.append(os.path.join(target, f"{i:02d}-{os.path.basename(originals[i % len(originals)])}"))
        shutil.copyfile(originals[i % len(originals)], paths[-1])
    return paths, described, [i % len(originals) for i in range(16)]


def small(work, photos, count):
    """`count` pictures of 200 × 200 pixels, cut from all over the photos: to be enlarged, so that encoding is most of
    the work."""
    from PIL import Image
    folder = os.path.join(work, f"photos-small-{count}")
    if os.path.isdir(folder) and len(_photos_in(folder)) == count:
        return _photos_in(folder)
    os.makedirs(folder, exist_ok=True)
    images = [Image.open(path).convert("RGB").reduce(2) for path in photos[:8]]
    for i in range(count):
        image = images[i % len(images)]
        left, top = i * 137 % (image.width - 200), i * 211 % (image.height - 200)
        image.crop((left, top, left + 200, top + 200)).save(os.path.join(folder, f"{i:05d}.jpg"), quality=85)
    return _photos_in(folder)


def megabyte(work, photos, count):
    """`count` different photos of about 1 MB in a folder of their own: windows of the photos, each a little elsewhere,
    scaled to 2048 × 1152. Returns the folder and the paths, all of them in the page cache."""
    from PIL import Image
    folder = os.path.join(work, f"photos-megabyte-{count}")
    if not (os.path.isdir(folder) and len(_photos_in(folder)) == count):
        say(f"making {count} photos of 1 MB")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for i in range(count):
            with Image.open(photos[i % len(photos)]) as image:
                width, height = image.width * 15 // 16, image.height * 15 // 16
                left, top = i * 37 % (image.width - width + 1), i * 23 % (image.height - height + 1)
                window = image.convert("RGB").resize((2048, 1152), Image.LANCZOS, (left, top, left + width, top + height))
            window.save(os.path.join(folder, f"{i:03d}.jpg"), quality=89)
    return folder, _read_all(_photos_in(folder))


def _read_all(paths):
    """The paths, after their files were read into the page cache."""
    for path in paths:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    return paths


def many(work, programs, count):
    """`count` files of 2 megapixels with inodes of their own. LARGE_DIFFERENT different pictures are made, the rest
    are full copies of them. Fewer when the disk has no room. Returns paths, all of them in the page cache."""
    folder = os.path.join(work, "photos-many")
    os.makedirs(folder, exist_ok=True)
    seeds = os.path.join(work, "photos-many-seeds")
    originals = _photos_in(seeds) if os.path.isdir(seeds) else []
    if len(originals) < min(count, LARGE_DIFFERENT):
        originals = _make_photos(programs, seeds, min(count, LARGE_DIFFERENT), 2)
    size = sum(os.path.getsize(path) for path in originals) / len(originals)
    there = _photos_in(folder)
    room = int((shutil.disk_usage(folder).free - SAFETY_BYTES) / size) + len(there)
    if room < count:
        say(f"the disk has room for {room} photos only")
        count = max(room, 0)
    if len(there) < count:
        say(f"writing {count - len(there)} photos of {size / 1e6:.2f} MB")
    for i in range(len(there), count):
        shutil.copyfile(originals[i % len(originals)], os.path.join(folder, f"{i:05d}.jpg"))
    return _read_all(_photos_in(folder)[:count])


def dct_denominator(path, tile):
    """The DCT scale that tessera decodes a photo at for a tile: the smallest that leaves 1.75 times the cell's size, of 1/2
    one and a half times (1/8 for tile 100 of a photo of 2250 rows, 1/4 for 256, 1/2 for 700)."""
    from PIL import Image
    with Image.open(path) as image:
        side = min(image.size)
    return next((scale for scale, room in ((8, 1.75), (4, 1.75), (2, 1.5)) if side / scale >= room * tile), 1)
