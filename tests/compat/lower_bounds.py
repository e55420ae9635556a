"""The oldest versions that pyproject.toml allows of what the core and the extras named here need, as arguments of pip.

python lower_bounds.py server cli
"""

import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parent.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]

if __name__ == "__main__":
    extras = [PROJECT["optional-dependencies"][extra] for extra in sys.argv[1:]]
    needs = [each.partition(";")[0] for part in [PROJECT["dependencies"], *extras] for each in part]
    print(*(each.replace(">=", "==") for each in needs))
