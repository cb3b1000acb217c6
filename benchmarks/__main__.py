"""``python -m benchmarks [name …]``: run all benchmarks, or those named, one after the other."""

import importlib
import pkgutil
import sys
from pathlib import Path

from benchmarks.report import MaterialMissing

NOT_BENCHMARKS = {
    "__main__",
    "report",
    "analysing",
    "plain_loop",
    "plain_detectors",
    "close_faces",
    "model_pages",
    "model_references",
}


def main(names: list[str]) -> int:
    """Run benchmarks by name, each through its own main; 2 for a name that is none."""
    found = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    available = [name for name in found if name not in NOT_BENCHMARKS]
    unknown = sorted(set(names) - set(available))
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(available)}", file=sys.stderr)
        return 2
    for name in names or available:
        print(f"— {name}", flush=True)
        try:
            importlib.import_module(f"benchmarks.{name}").main()
        except MaterialMissing as missing:
            print(f"left out: {missing}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
