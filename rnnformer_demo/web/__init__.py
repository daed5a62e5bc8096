"""The explorer: ES modules that draw analysis documents in a browser, and their description for those who mount it."""

from .files import FOLDER, all_modules, digest, minified, modules, names, styles, views_of_registry

__all__ = ["FOLDER", "all_modules", "digest", "minified", "modules", "names", "styles", "views_of_registry"]
