"""Gathers the captions of each image, however many rows name it."""

from collections.abc import Iterable, Iterator, Mapping

from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate, ImageRef

MOST_CAPTIONS = 1_000
"""Of one image; no dataset has more, and a hostile one must not fill the memory of others."""

_NOTHING: Mapping[str, str] = {}


class Gathering:
    """Images with all their captions, in the order in which they were first named."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._texts: dict[str, list[str]] = {}
        self._extras: dict[str, Mapping[str, str]] = {}
        self._shared: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}

    def add(
        self, path: str, texts: Iterable[str], extras: Mapping[str, str], row: str = ""
    ) -> None:
        """Add captions to an image; one that it has already is not added again."""
        known = self._texts.setdefault(path, [])
        self._extras.setdefault(path, self.share(extras))
        for text in texts:
            if len(known) >= MOST_CAPTIONS:
                detail = f"{path} has {MOST_CAPTIONS:,} captions already"
                self._accounts.skip_item(row or path, Reason.BAD_ROW, detail)
                return
            if text not in known:
                known.append(text)

    def share(self, extras: Mapping[str, str]) -> Mapping[str, str]:
        """Give one mapping for all items that say the same: a million need little memory then."""
        if not extras:
            return _NOTHING
        return self._shared.setdefault(tuple(extras.items()), extras)

    def candidates(self) -> Iterator[Candidate]:
        """Give out the images, and use their files."""
        for path, texts in self._texts.items():
            self._accounts.use(path)
            yield Candidate(
                key=path,
                image=ImageRef(path=path),
                texts=tuple(texts),
                extras=self._extras[path],
            )

    @property
    def paths(self) -> Iterable[str]:
        """The images that were named."""
        return self._texts.keys()
