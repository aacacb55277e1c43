"""NumPy's singular values of many matrices, which are in memory, both ways that a user has on two cores.

numpy_spectra.py MATRICES.bin RUNS ROWSxCOLS...; the file holds doubles. Prints the median seconds with two BLAS threads in one process
and with two processes of one thread, which hold every second matrix each, the longest first.
"""

import os
import subprocess
import sys
import time

file, runs, shapes = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
worker = os.environ.get("WORKER")
os.environ["OPENBLAS_NUM_THREADS"] = "2" if worker is None else "1"

import numpy as np

raw = np.fromfile(file)
matrices, at = [], 0
for shape in shapes:
    rows, cols = map(int, shape.split("x"))
    matrices.append(raw[at : at + rows * cols].reshape(rows, cols).copy())
    at += rows * cols
matrices.sort(key=lambda m: -m.size)


def spectra(some):
    return [np.linalg.svd(m, compute_uv=False) for m in some]


if worker is not None:
    mine = matrices[int(worker) :: 2]
    for line in sys.stdin:
        spectra(mine)
        print("done", flush=True)
    sys.exit()


def median(run):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[runs // 2]


threads = median(lambda: spectra(matrices))
workers = [
    subprocess.Popen(
        [sys.executable] + sys.argv, env={**os.environ, "WORKER": str(i)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    for i in range(2)
]


def both():
    for process in workers:
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in workers:
        process.stdout.readline()


both()
processes = median(both)
for process in workers:
    process.stdin.close()
    process.wait()
print(f"{threads} {processes}")
