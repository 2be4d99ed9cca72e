"""`make sbom`: every package that can run in a school, with version, hashes, licence.

Reads the locks and what is installed; writes `docs/sbom.cdx.json` (CycloneDX 1.6) and
`docs/licences.md`. The result is the same for the same locks, so a test compares it.
"""

import importlib.metadata
import json
import re
import uuid

from terror_site.version import VERSION
from tests.site import BASE

LOCKS = {
    "requirements.txt": "every school",
    "requirements-server.txt": "PostgreSQL, Redis",
    "requirements-s3.txt": "pictures in a bucket",
    "requirements-sentry.txt": "Sentry",
    "requirements-otel.txt": "OpenTelemetry",
    "requirements-openid.txt": "Google, Microsoft, OpenID",
}
SBOM = BASE / "docs" / "sbom.cdx.json"
LICENCES = BASE / "docs" / "licences.md"
_PACKAGE = re.compile(r"^([\w.-]+)(?:\[[\w, ]+\])?==([\w.]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Words of packages' own metadata, by the name that SPDX gives a licence.
_SPDX = {
    "MIT": "MIT",
    "MIT License": "MIT",
    "Apache-2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MPL-2.0": "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# Locked for another Python, or under a choice that its metadata cannot say.
_TOLD = {
    "async-timeout": "Apache-2.0",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}


def locked():
    """Return name → (version, hashes, for whom) of every package in the locks."""
    found = {}
    for lock, reason in LOCKS.items():
        name = None
        for line in (BASE / lock).read_text().splitlines():
            if start := _PACKAGE.match(line):
                name = start[1]
                found.setdefault(name, (start[2], [], reason))
            if name and (value := _HASH.search(line)) and found[name][2] == reason:
                found[name][1].append(value[1])
    return dict(sorted(found.items()))


def licence(name):
    """Return SPDX's name of a package's licence, from what the package says itself."""
    if name in _TOLD:
        return _TOLD[name]
    told = importlib.metadata.metadata(name)
    if told.get("License-Expression"):
        return told["License-Expression"]
    said = [told.get("License", "")]
    said += [line.rpartition(" :: ")[2] for line in told.get_all("Classifier", [])]
    return next(_SPDX[word] for word in said if word in _SPDX)


def sbom(parts):
    seed = "\n".join(f"{name}=={told[0]}" for name, told in parts.items())
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, VERSION + seed)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "history-classroom",
                "name": "history-classroom",
                "version": VERSION,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{version}",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "scope": "required" if reason == "every school" else "optional",
                "licenses": [{"expression": licence(name)}],
                "hashes": [{"alg": "SHA-256", "content": value} for value in hashes],
            }
            for name, (version, hashes, reason) in parts.items()
        ],
        "dependencies": [
            {
                "ref": "history-classroom",
                "dependsOn": [f"pkg:pypi/{n}@{told[0]}" for n, told in parts.items()],
            }
        ],
    }


def table(parts):
    lines = [
        "# Licences of the parts",
        "",
        "Made by `make sbom` from the locks; `sbom.cdx.json` has the same with hashes. The",
        "product itself is under the MIT licence (`LICENSE`); whose words are quoted is in",
        "`NOTICE`. Nothing here is changed or copied into the product.",
        "",
        "| package | version | licence | runs in |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {version} | {licence(name)} | {reason} |"
        for name, (version, _, reason) in parts.items()
    ]
    return "\n".join(lines) + "\n"


def written():
    """Return path → text of both files."""
    parts = locked()
    return {SBOM: json.dumps(sbom(parts), indent=1) + "\n", LICENCES: table(parts)}


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text)
        print(f"{path.relative_to(BASE)}: written")
