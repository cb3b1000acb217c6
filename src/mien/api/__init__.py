"""mien as a library: what `import mien` offers."""

from mien.api.analyzer import Analyzer, analyze, compare
from mien.api.comparing import Comparison
from mien.api.embedded import EmbeddedFace
from mien.api.tables import table

__all__ = ["Analyzer", "Comparison", "EmbeddedFace", "analyze", "compare", "table"]
