"""Form state of the export dialog of a run."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from engine.config.setting import Setting
from engine.exporting.film import MAX_FPS, MIN_FPS, FilmFormat, available_formats
from engine.exporting.request import DEFAULT_FPS, ExportKind, ExportRequest, has_onnx
from engine.runs.folder import RunFolder
from studio.models.gallery_columns import path_of
from studio.models.gallery_form import folder_problem, free_folder
from studio.models.setting_text import range_text, read_value, value_text
from studio.settings.choices import ExportChoices

FPS = Setting(
    label="Frames a second",
    help="Previews a second.",
    low=float(MIN_FPS),
    high=float(MAX_FPS),
)


class ExportForm:
    """Field texts and their conversion to an ``ExportRequest``.

    Args:
        run: folder of the run.
        folder: default output folder; a number is appended if it contains files.
        choices: last choices of the user.
    """

    def __init__(self, *, run: Path, folder: Path, choices: ExportChoices) -> None:
        self._run, self._name = run, folder.name
        self._usual_parent = folder.parent
        self._parent = Path(choices.folder) if choices.folder else folder.parent
        known = choices.kind in {each.value for each in ExportKind}
        self.kind = ExportKind(choices.kind) if known else ExportKind.MODEL
        formats = {each.value for each in FilmFormat}
        self.film_format = choices.film_format if choices.film_format in formats else "webp"
        self.fps = value_text(choices.fps)
        self.folder = self.usual_folder()

    def usual_folder(self) -> str:
        """Return a free folder for the kind of export."""
        return str(free_folder(self._parent / f"{self._name}-{self.kind.value}"))

    def asks_for(self, name: str) -> bool:
        """Whether a field applies to the kind of export."""
        return name not in ("film_format", "fps") or self.kind is ExportKind.FILM

    def allowed_range(self) -> str:
        """Return the allowed frames a second, as text."""
        return range_text(FPS)

    def problems(self) -> dict[str, str]:
        """Return the problems that prevent exporting, by field, in the user's language."""
        found = {
            "kind": self._kind_problem(),
            "film_format": self._format_problem(),
            "folder": folder_problem(self.folder),
        }
        try:
            read_value(float, FPS, self.fps)
        except ValueError as error:
            found["fps"] = str(error)
        return {name: text for name, text in found.items() if text and self.asks_for(name)}

    def request(self) -> ExportRequest:
        """Create the request.

        Raises:
            ValueError: a field has a problem.
        """
        fps = read_value(float, FPS, self.fps) if self.asks_for("fps") else DEFAULT_FPS
        return ExportRequest(
            run=self._run,
            folder=path_of(self.folder),
            kind=self.kind,
            film_format=FilmFormat(self.film_format),
            fps=fps,
        )

    def choices(self) -> ExportChoices:
        """Return the choices to remember: a valid number and the parent folder."""
        parent = path_of(self.folder).parent
        is_own = not folder_problem(self.folder) and parent != self._usual_parent
        try:
            fps = read_value(float, FPS, self.fps)
        except ValueError:
            fps = DEFAULT_FPS
        return ExportChoices(
            kind=self.kind.value,
            film_format=self.film_format,
            fps=fps,
            folder=str(parent) if is_own else "",
        )

    def _kind_problem(self) -> str:
        translate = QCoreApplication.translate
        run = RunFolder(self._run)
        match self.kind:
            case ExportKind.ONNX if not has_onnx():
                return translate(
                    "ExportForm",
                    "ONNX needs further packages. Install them with: "
                    "pip install 'diptych-studio[onnx]'",
                )
            case ExportKind.MODEL | ExportKind.ONNX if not run.has_weights:
                return translate("ExportForm", "The run has not saved a checkpoint yet")
            case ExportKind.FILM if not run.preview_files():
                return translate("ExportForm", "The run has no previews yet")
            case ExportKind.CURVES if not run.log_file.is_file():
                return translate("ExportForm", "An exported model has no curves")
            case _:
                return ""

    def _format_problem(self) -> str:
        if FilmFormat(self.film_format) in available_formats():
            return ""
        translate = QCoreApplication.translate
        if self.film_format == FilmFormat.MP4:
            return translate("ExportForm", "MP4 needs the program ffmpeg on the PATH")
        return translate("ExportForm", "This format cannot be written on this computer")


def kind_texts() -> dict[str, str]:
    """Return the names of the kinds of export in the user's language."""
    translate = QCoreApplication.translate
    return {
        ExportKind.MODEL.value: translate("ExportForm", "Model"),
        ExportKind.ONNX.value: translate("ExportForm", "Model with ONNX files"),
        ExportKind.CURVES.value: translate("ExportForm", "Curves"),
        ExportKind.FILM.value: translate("ExportForm", "Film of the previews"),
    }


def kind_help(kind: ExportKind) -> str:
    """Return what an export writes, in the user's language."""
    translate = QCoreApplication.translate
    return {
        ExportKind.MODEL: translate(
            "ExportForm",
            "Averaged weights (safetensors), settings, vocabulary, a model card with figures and "
            "samples, and a program that samples without Diptych. The studio opens the folder, "
            "too.",
        ),
        ExportKind.ONNX: translate(
            "ExportForm",
            "The same, and networks in ONNX that draw and read without PyTorch. Takes a minute or "
            "more; they are compared with the model before they are saved.",
        ),
        ExportKind.CURVES: translate(
            "ExportForm", "Losses and quality as CSV, and as an event file for TensorBoard."
        ),
        ExportKind.FILM: translate(
            "ExportForm", "All previews of the run one after another, the last one longer."
        ),
    }[kind]


def format_texts() -> dict[str, str]:
    """Return the names of the formats of a film."""
    return {
        each.value: "APNG" if each is FilmFormat.APNG else each.value.upper() for each in FilmFormat
    }
