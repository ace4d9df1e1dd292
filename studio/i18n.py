"""Translations of the studio, of Qt and of the texts that the engine declares."""

from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from resources import translations_folder

ENGINE_CONTEXT = "Engine"
"""Translation context of labels, tooltips and names that the engine declares."""


class Language(StrEnum):
    """Supported languages."""

    SYSTEM = "system"
    ENGLISH = "en"
    CHINESE = "zh_CN"


def install_language(app: QCoreApplication, language: Language) -> QLocale:
    """Install the translations of a language in place of an earlier one.

    It applies to widgets created afterwards.
    """
    for earlier in app.findChildren(QTranslator):
        app.removeTranslator(earlier)
        earlier.deleteLater()
    locale = QLocale.system() if language is Language.SYSTEM else QLocale(language.value)
    if locale.language() not in (QLocale.Language.English, QLocale.Language.Chinese):
        # Texts are English in every other language, so dates and numbers must be English too.
        locale = QLocale(QLocale.Language.English)
    QLocale.setDefault(locale)
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in (("qtbase", qt_folder), ("diptych", str(translations_folder()))):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)
    return locale


def translate_engine(text: str) -> str:
    """Translate a label, tooltip or name that the engine declares in English."""
    return QCoreApplication.translate(ENGINE_CONTEXT, text) if text else ""
