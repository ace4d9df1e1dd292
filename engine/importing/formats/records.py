"""What the records of well-known tools mean: nested JSON as flat columns, values as captions.

- ``flat_record`` rewrites a record of LLaVA, Label Studio, labelme, Danbooru, e621 and the like.
- ``captions_in`` gives the captions in a value of any shape.
- ``prompt_of_graph`` finds the prompt in a workflow of ComfyUI.
- ``captions_of`` chooses the captions of a record that stands alone, as in a file beside an image.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.importing.formats.names import TEXT_NAMES, is_numbered_text, is_text_name, plain
from engine.importing.language import is_language, is_null

MAX_ITEMS = 1_000
"""Captions or tags of one value."""
# fmt: off
TAG_NAMES = frozenset((
    "tags", "tag_string", "tag_string_general", "keywords", "labels", "categories", "objects",
    "classes", "attributes", "genres", "topics",
))
# fmt: on
"""Columns whose lists make one caption, not several."""

_WRAPPERS = ("data", "meta", "metadata", "fields")
_IMAGE_KEYS = ("path", "file_name", "filename", "name", "url", "src", "uri")
_TURNS = ("conversations", "conversation", "messages", "dialogue")
_ANSWERERS = ("gpt", "assistant", "model", "bot", "chatgpt")
_TEXT_INPUTS = ("text", "text_g", "t5xxl", "prompt", "value", "string", "positive", "conditioning")
_TEXT_INPUTS += ("conditioning_1", "conditioning_to", "guider")
_MAX_LINKS = 12
_MARKER = re.compile(r"<(?:image|img|im_start|im_end|video)>|<\|[\w ]+\|>")
_BOXED = re.compile(r"\w*labels|choices|taxonomy")


def flat_record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record with its captions and image in columns; the same if nothing is nested."""
    found: dict[str, Any] = {}
    for name in _WRAPPERS:
        inner = record.get(name)
        if isinstance(inner, dict):
            found |= {key: value for key, value in inner.items() if key not in record}
    for name in _TURNS:
        if text := _answer(record.get(name)):
            found["text"] = text
    found |= _image_name(record) | _studio_texts(record) | _labelme_labels(record)
    tags = record.get("tags")
    if isinstance(tags, dict):
        # e621 lists tags by kind.
        found["tags"] = _unique(tag for kind in tags.values() for tag in _listed_strings(kind))
    return {**record, **found} if found else record


def captions_of(record: object) -> list[str]:
    """Choose the captions of a record that stands alone: the usual fields first, then any text."""
    if not isinstance(record, dict):
        return [text for text in captions_in(record) if is_language(text)]
    flat = flat_record(record)
    columns = {plain(str(name)): value for name, value in flat.items()}
    numbered = [name for name in columns if is_numbered_text(name)]
    usual = [name for name in TEXT_NAMES if name in columns]
    groups = [numbered, *([n] for n in usual), *([n] for n in columns if is_text_name(n))]
    for names in groups:
        found = [
            text
            for name in names
            for text in captions_in(columns[name], is_tags=name in TAG_NAMES)
            if is_language(text)
        ]
        if found:
            return found[:MAX_ITEMS]
    return []


def captions_in(value: object, *, is_tags: bool = False) -> Iterator[str]:
    """Yield the captions in a value; a list holds several, or the tags of one.

    Args:
        value: a string, list or object, as JSON and parquet have them; a string may hold JSON.
        is_tags: make one caption of a list.
    """
    match value:
        case None | float() | bool():
            return
        case str():
            yield from _in_string(value.strip(), is_tags=is_tags)
        case list() if is_tags or any(map(_is_boxed, value)):
            if tags := _unique(tag for part in value[:MAX_ITEMS] for tag in _tags_in(part)):
                yield ", ".join(map(_spaced, tags))
        case list():
            parts = [part for part in value[:MAX_ITEMS] if not isinstance(part, list)]
            yield from (text for part in parts for text in captions_in(part))
        case dict():
            yield from _in_object(value)
        case _:
            yield str(value)


def _in_object(value: Mapping[str, Any]) -> Iterator[str]:
    if _is_boxed(value):
        yield ", ".join(_unique(_tags_in(value)))
        return
    name = next((n for n in TEXT_NAMES if isinstance(value.get(n), str | list)), None)
    if name:
        yield from captions_in(value[name], is_tags=name in TAG_NAMES)


def prompt_of_graph(graph: Mapping[str, Any]) -> str:
    """Return the positive prompt of a ComfyUI workflow in its API form; empty if it has none.

    The inputs called ``positive`` are followed to the node that holds their text.
    """
    nodes = {str(key): node["inputs"] for key, node in graph.items() if _is_node(node)}
    for inputs in nodes.values():
        for name in ("positive", "guider"):
            if text := _linked_text(nodes, inputs.get(name), _MAX_LINKS):
                return text
    return ""


def _is_node(node: object) -> bool:
    return isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)


def _linked_text(nodes: Mapping[str, Mapping[str, Any]], link: object, links_left: int) -> str:
    """Follow a link, ``[node, output]``, to the text that its node holds or passes on."""
    if isinstance(link, str):
        return link.strip()
    inputs = nodes.get(str(link[0])) if isinstance(link, list) and link else None
    if inputs is None or not links_left:
        return ""
    found = (_linked_text(nodes, inputs.get(name), links_left - 1) for name in _TEXT_INPUTS)
    return next((text for text in found if text), "")


def _in_string(text: str, *, is_tags: bool) -> Iterator[str]:
    if text.startswith(("[", "{")) and text.endswith(("]", "}")):
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            inner = None
        if isinstance(inner, list | dict):
            yield from captions_in(inner, is_tags=is_tags)
            return
    if is_tags and "," not in text and "_" in text:
        # Image boards separate tags by spaces, and write "_" within one.
        yield ", ".join(map(_spaced, text.split()))
    elif text and not is_null(text):
        yield text


def _answer(turns: object) -> str:
    """Return the first answer of a conversation; empty if there is none."""
    for turn in _dicts(turns):
        speaker = turn.get("from", turn.get("role"))
        content = turn.get("value", turn.get("content"))
        if isinstance(content, list):
            content = " ".join(_strings(_dicts(content), "text"))
        if isinstance(speaker, str) and speaker.lower() in _ANSWERERS and isinstance(content, str):
            return " ".join(_MARKER.sub(" ", content).split())
    return ""


def _image_name(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of an image that is an object or the only one of a list."""
    image = next((record[n] for n in ("image", "img", "images") if record.get(n)), None)
    if isinstance(image, list) and len(image) == 1:
        image = image[0]
        if isinstance(image, str):
            return {"image": image}
    if not isinstance(image, dict) or image.get("bytes"):
        return {}
    path = next((image[key] for key in _IMAGE_KEYS if isinstance(image.get(key), str)), "")
    return {"image": path} if path else {}


def _studio_texts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Label Studio's annotators typed, else what they chose or called their boxes."""
    values = [
        result["value"]
        for name in ("annotations", "completions")
        for annotation in _dicts(record.get(name))
        if not annotation.get("was_cancelled")
        for result in _dicts(annotation.get("result"))
        if isinstance(result.get("value"), dict)
    ]
    if typed := [text for value in values for text in _listed_strings(value.get("text"))]:
        return {"caption": typed}
    chosen = _unique(tag for value in values for tag in _tags_in(value))
    return {"labels": chosen} if chosen else {}


def _labelme_labels(record: Mapping[str, Any]) -> dict[str, Any]:
    labels = _unique(_strings(_dicts(record.get("shapes")), "label"))
    path = record.get("imagePath")
    image = {"image": path} if isinstance(path, str) else {}
    return {"labels": labels} | image if labels else {}


def _is_boxed(value: object) -> bool:
    """Whether an object is a box or a choice with labels, such as ``rectanglelabels``."""
    return isinstance(value, dict) and any(
        _BOXED.fullmatch(str(name)) and isinstance(inner, list) for name, inner in value.items()
    )


def _tags_in(value: object) -> list[str]:
    match value:
        case str():
            return [value.strip()] if not is_null(value) else []
        case dict() if _is_boxed(value):
            return [
                tag
                for name, inner in value.items()
                if _BOXED.fullmatch(str(name))
                for tag in _listed_strings(inner)
            ]
        case dict():
            named = [value[n] for n in ("name", "label", "tag", "text", "class") if value.get(n)]
            return _tags_in(named[0]) if named else []
        case int():
            return [] if isinstance(value, bool) else [str(value)]
        case list():
            return [tag for part in value[:MAX_ITEMS] for tag in _tags_in(part)]
        case _:
            return []


def _spaced(tag: str) -> str:
    """Write an image board's tag as words; faces such as ``>_<`` stay."""
    return tag.replace("_", " ") if len(tag) > 3 else tag


def _dicts(value: object) -> list[dict[str, Any]]:
    items = value[:MAX_ITEMS] if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def _strings(items: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    return [item[key] for item in items if isinstance(item.get(key), str)]


def _listed_strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        return []
    flat = [
        inner
        for part in value[:MAX_ITEMS]
        for inner in (part if isinstance(part, list) else [part])
    ]
    return [part for part in flat if isinstance(part, str)]


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))[:MAX_ITEMS]
