"""What all widgets share: a script, a style, a still picture, errors in one line."""

import anywidget
import traitlets

from course_utils.lessons.widgets._files import script, style
from course_utils.runtime import CourseError


class Widget(anywidget.AnyWidget):
    """An anywidget with the script and the style that its class names in `piece`.

    A wrong value of an attribute is refused with a `CourseError`.
    """

    piece = ""
    _piece = traitlets.Unicode("").tag(sync=True)  # by this name the site finds the script

    def __init_subclass__(cls, **more):
        if "piece" in vars(cls):  # ipywidgets makes a class of its own for every widget
            cls._esm, cls._css = script(cls.piece), style(cls.piece)
        super().__init_subclass__(**more)

    def __init__(self, **values):
        super().__init__(_piece=self.piece, **values)

    def __setattr__(self, name, value):
        try:
            super().__setattr__(name, value)
        except traitlets.TraitError as error:
            raise CourseError(f"{' '.join(str(error).split())[:150]}: change it") from None

    def still(self) -> str:
        """Return HTML for a page that runs nothing: what one would see first. Default: none."""
        return ""

    def _repr_mimebundle_(self, **options):
        data, metadata = super()._repr_mimebundle_(**options)
        still = self.still()
        return ({**data, "text/html": still} if still else data), metadata
