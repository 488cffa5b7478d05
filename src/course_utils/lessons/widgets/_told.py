"""A widget that says in one line what it cannot take, where traitlets shows forty."""

import anywidget
import traitlets

from course_utils.runtime import CourseError


class Widget(anywidget.AnyWidget):
    """An anywidget whose attributes refuse a wrong value with a `CourseError`."""

    def __setattr__(self, name, value):
        try:
            super().__setattr__(name, value)
        except traitlets.TraitError as error:
            raise CourseError(f"{' '.join(str(error).split())[:150]}: change it") from None
