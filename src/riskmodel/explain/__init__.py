"""Why: exact contributions, and their words."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskmodel.explain.treeshap import TreeExplainer

__all__ = ["TreeExplainer"]


def __getattr__(name: str) -> Any:
    """Bring the explainer at its first use: numba takes a third of a second, and words need none of it."""
    if name == "TreeExplainer":
        from riskmodel.explain.treeshap import TreeExplainer

        return TreeExplainer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
