"""``python -m benchmarks [name …]``: run all benchmarks, or those named, one after the other."""

import importlib
import pkgutil
import sys
from pathlib import Path

from benchmarks.parts.report import MaterialMissing


def main(names: list[str]) -> int:
    """Run benchmarks by name, each through its own main; 2 for a name that is none."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    available = sorted(one.name for one in modules if not one.ispkg and one.name != "__main__")
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
