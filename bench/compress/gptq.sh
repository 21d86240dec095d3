#!/usr/bin/env bash
# GPTQ of this room and the published algorithm in PyTorch, on the same matrices and device, in one
# run: bench/compress/gptq.sh [build folder]. Needs python3 with torch and numpy,
# and a build with -DVENTURI_BENCH=ON (on a GPU: cmake --preset gpu).
set -euo pipefail
cd "$(dirname "$0")/../.."
program="${1:-build/gpu}/bench/compress_bench"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 bench/compress/gptq_peer.py "$folder"
GPTQ_MATRICES="$folder" "$program" --benchmark_filter=Gptq
