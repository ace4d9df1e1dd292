"""Which parts of an import's plan decide what: so that nothing is examined twice."""

from engine.importing.plan import ImportPlan


def reads_alike(first: ImportPlan, second: ImportPlan) -> bool:
    """Whether two plans read and decode a source the same way."""
    return _reading(first) == _reading(second)


def gives_alike(first: ImportPlan, second: ImportPlan) -> bool:
    """Whether two plans that read alike differ in the dataset's place alone."""
    return _treatment(first) == _treatment(second)


def _reading(plan: ImportPlan) -> tuple[object, ...]:
    return plan.source, plan.reading, plan.pictures


def _treatment(plan: ImportPlan) -> tuple[object, ...]:
    return (
        plan.texts,
        plan.keep_image_only,
        plan.keep_text_only,
        plan.held_out_percent,
        dict(plan.repairs),
        plan.excluded,
    )
