"""`python -m tests.pure`: the files of the pure modules, whose every line is tested.

They are those that pyproject.toml forbids to know the database and the framework.
"""

import tomllib

from tests.site import BASE


def files():
    project = tomllib.loads((BASE / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (
        contract
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["name"].startswith("Pure modules")
    )
    return [f"{name.replace('.', '/')}.py" for name in contract["source_modules"]]


if __name__ == "__main__":
    print(",".join(files()))
