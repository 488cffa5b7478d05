"""What the result of a run depends on, as plain facts: a run that is resumed must share them.

Left out: what has no name, such as numbers inside a closure or the code of a model and a loss.
"""

from functools import partial

from course_utils.runtime import CourseError

DATA = ("training data", "validation data")  # told by a fingerprint, which says nobody anything
PLAIN = (bool, int, float, str, type(None))


def identity(model, config, train_set, val_set, loss) -> dict:
    """Return what a run depends on by name, for JSON.

    Args:
        model: each module's plain attributes and configuration count, such as its heads and its
            dropout, and which weights are trained.
        config: the settings.
        train_set: told by its fingerprint.
        val_set: the same, or None: it decides which weights are the best.
        loss: told by its name.
    """
    trained = {f"{name}.requires_grad": p.requires_grad for name, p in model.named_parameters()}
    return {
        **config.settings(),
        **_attributes(model),
        **trained,
        "loss": _name(loss),
        "training data": train_set.fingerprint(),
        "validation data": None if val_set is None else val_set.fingerprint(),
    }


def expect_same(saved: dict | None, here: dict, path) -> None:
    """Refuse to resume a run that another result belongs to, and name the first difference.

    The number of steps may differ: a run can be made longer.

    Args:
        saved: the facts in the checkpoint, or None where an older version kept none.
        here: the facts of the run that is to go on.
        path: the checkpoint.

    Raises:
        CourseError: if anything else differs.
    """
    if saved is None:
        raise CourseError(
            f"{path} was made by an older version of this course, which did not note all that a "
            "run depends on: use its weights with load_weights, and start in a new folder"
        )
    for name in [*here, *saved]:
        if name != "steps" and (name in saved, saved.get(name)) != (name in here, here.get(name)):
            raise CourseError(f"{path} was made with {_difference(name, saved, here)}")


def _difference(name, saved, here):
    if name in DATA:
        return f"other {name}: give the same data to resume"
    there, mine = (repr(facts[name]) if name in facts else "nothing" for facts in (saved, here))
    return (
        f"{name}={there}, not {mine}: "
        "resume with the same model and settings, or start in a new folder"
    )


def _attributes(model):
    """Return the plain numbers and words that modules are made with, by dotted name."""
    found = {}
    for place, module in model.named_modules():
        prefix = f"model.{place}." if place else "model."
        config = getattr(module, "config", None)
        config = config if isinstance(config, dict) else getattr(config, "__dict__", {})
        for name, value in (config | vars(module)).items():
            if isinstance(value, PLAIN) and name != "training" and not name.startswith("_"):
                found[prefix + name] = value
    return found


def _name(loss):
    if isinstance(loss, partial):
        words = {k: v for k, v in loss.keywords.items() if isinstance(v, PLAIN)}
        return f"{_name(loss.func)} with {words}"
    return getattr(loss, "__qualname__", type(loss).__name__)
