#!/usr/bin/env python3
"""Holds every #include to the ranks of cmake/rooms.txt, and each room to its README.

A file under venturi/<room>/ includes "venturi/<other>/..." only if <other> has a lower rank, is its
own room, or stands in an `allow` line. <torch/...>, <ATen/...> and <c10/...> appear in Torch rooms
alone. Tests and benchmarks of a room may include what the room may, tests/testing.hpp and the headers
of tests/<room>/. Fuzz targets (tests/fuzz) are no room: they may include every Torch-free reader.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
ranks, torch_rooms, allowed = {}, set(), set()
for line in (root / "cmake/rooms.txt").read_text().splitlines():
    words = line.split()
    if not words or words[0].startswith("#"):
        continue
    if words[0] == "allow":
        if len(words) < 4:
            sys.exit(f"cmake/rooms.txt: an allow line needs its reason: {line}")
        allowed.add((words[1], words[2]))
    else:
        ranks[words[1]] = int(words[0])
        if words[2] == "torch":
            torch_rooms.add(words[1])

ranks["fuzz"] = 3  # above the readers, below Torch
include = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
faults = []
for top in ("venturi", "tests", "bench"):
    for path in sorted((root / top).rglob("*")):
        if path.suffix not in (".hpp", ".cpp", ".cu", ".cuh"):
            continue
        parts = path.relative_to(root).parts
        if len(parts) < 3:
            continue  # tests/testing.hpp
        room, name = parts[1], path.relative_to(root)
        if parts[:2] == ("tests", "fuzz"):
            room = "fuzz"
        elif room not in ranks:
            faults.append(f"{name}: no room '{room}' in cmake/rooms.txt")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = include.match(line)
            if not match:
                continue
            target = match.group(2)
            if match.group(1) == "<" and re.match(r"(torch|ATen|c10)/", target):
                if room not in torch_rooms:
                    faults.append(f"{name}:{number}: Torch in the Torch-free room '{room}'")
            elif target.startswith("venturi/"):
                other = target.split("/")[1]
                if other not in ranks:
                    faults.append(f"{name}:{number}: unknown room '{other}'")
                elif other != room and ranks[other] >= ranks[room] and (room, other) not in allowed:
                    faults.append(f"{name}:{number}: {room} (rank {ranks[room]}) includes "
                                  f"{other} (rank {ranks[other]})")
            elif match.group(1) == '"' and target != "tests/testing.hpp" and not (
                    top in ("tests", "bench") and target.startswith(f"tests/{room}/")):
                faults.append(f'{name}:{number}: write the include from the root: "{target}"')
for folder in sorted((root / "venturi").iterdir()):
    if folder.is_dir() and not (folder / "README.md").exists():
        faults.append(f"venturi/{folder.name}: a room needs its README.md")
print("\n".join(faults) if faults else "rooms: every include keeps to the ranks")
sys.exit(1 if faults else 0)
