"""A gallery as one self-contained web page: no script, nothing from the network."""

import html
from collections.abc import Iterable, Mapping
from string import Template

SMALL = 128
"""Images up to this side are shown with square pixels rather than blurred."""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 15%, Canvas); }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
         padding: 0 1rem; background: Canvas; color: CanvasText; }
  h1 { font-size: 1.4rem; font-weight: 600; }
  main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
  figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
  img { display: block; width: 100%; aspect-ratio: $width / $height; image-rendering: $rendering; }
  figcaption { padding: .5rem .6rem; overflow-wrap: anywhere; }
  footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: 1rem; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
  dt { opacity: .7; } dd { margin: 0; }
</style>
</head>
<body>
<h1>$title</h1>
<main>
$figures
</main>
<footer><dl>$facts</dl></footer>
</body>
</html>
""")


def gallery_page(
    pairs: Iterable[tuple[str, str]], size: tuple[int, int], provenance: Mapping[str, object]
) -> str:
    """Write the page.

    Args:
        pairs: file name and caption of each picture.
        size: width and height of the pictures in pixels.
        provenance: shown at the foot.
    """
    figures = [
        f'<figure><img src="{html.escape(name)}" alt="{html.escape(text)}" loading="lazy">'
        f"<figcaption>{html.escape(text) or '&nbsp;'}</figcaption></figure>"
        for name, text in pairs
    ]
    facts = [
        f"<dt>{html.escape(name.replace('_', ' '))}</dt><dd>{html.escape(str(value))}</dd>"
        for name, value in provenance.items()
    ]
    return _PAGE.substitute(
        title=html.escape(f"{len(figures):,} pairs from {provenance.get('run', 'a run')}"),
        width=size[0],
        height=size[1],
        rendering="pixelated" if max(size) <= SMALL else "auto",
        figures="\n".join(figures),
        facts="".join(facts),
    )
