#!/usr/bin/env python3
"""Lists public declarations without a documentation comment, and how many there are by target.

    Tests/undocumented.py [TARGET ...]

A declaration needs none where its name says shape, unit, errors and source: read the list, it is no verdict.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DECLARATION = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public|package)\s+(?:internal\(set\)\s+|private\(set\)\s+)?"
    r"(?:static |final |mutating |consuming |convenience |indirect |nonisolated )*"
    r"(struct|class|enum|protocol|func|var|let|init|subscript|typealias|case)\b\s*([^:={(]*)")


def undocumented(path):
    lines = path.read_text().split("\n")
    for number, line in enumerate(lines):
        match = DECLARATION.match(line)
        if not match:
            continue
        above = number - 1
        while above >= 0 and lines[above].lstrip().startswith("@"):
            above -= 1
        if not lines[above].lstrip().startswith("///"):
            yield number + 1, line.strip()


def main():
    targets = sys.argv[1:] or sorted(folder.name for folder in (ROOT / "Sources").iterdir() if folder.is_dir())
    for target in targets:
        found = [(path, *entry) for path in sorted((ROOT / "Sources" / target).rglob("*.swift"))
                 for entry in undocumented(path)]
        print(f"{target}: {len(found)}")
        if sys.argv[1:]:
            for path, number, line in found:
                print(f"  {path.relative_to(ROOT)}:{number}: {line[:110]}")


main()
