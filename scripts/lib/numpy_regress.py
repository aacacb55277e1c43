"""Ridge regression on random Fourier features in NumPy, in chunks of 20,000 rows, float32 throughout but for the solve.

numpy_regress.py FOLDER SIZE BANDWIDTH LAMBDA RUNS; files as in sklearn_regress.py. Prints "read fit rmse".
"""

import sys
import time

import numpy as np

folder, size, bandwidth, penalty, runs = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
start = time.perf_counter()
x, y = np.load(folder + "/train-x.npy"), np.load(folder + "/train-y.npy")
read = time.perf_counter() - start
n, d = x.shape
times = []


def features(rows, w):
    p = rows @ w
    return np.float32(np.sqrt(2 / size)) * np.concatenate([np.cos(p), np.sin(p)], axis=1)


for seed in range(runs):
    start = time.perf_counter()
    w = (np.random.default_rng(seed).standard_normal((d, size // 2)) / bandwidth).astype(np.float32)
    gram, cross = np.zeros((size, size), np.float32), np.zeros((size, y.shape[1]), np.float32)
    sums, means = np.zeros(size), y.mean(0)
    for i in range(0, n, 20000):
        z = features(x[i : i + 20000], w)
        gram += z.T @ z
        cross += z.T @ (y[i : i + 20000] - means)
        sums += z.sum(0, dtype=np.float64)
    g = gram.astype(np.float64) - np.outer(sums, sums) / n
    g[np.diag_indices(size)] += penalty * n
    coefficients = np.linalg.solve(g, cross.astype(np.float64))
    times.append(time.perf_counter() - start)
tx, ty = np.load(folder + "/test-x.npy"), np.load(folder + "/test-y.npy")
predicted = (features(tx, w) - sums / n) @ coefficients + means
print(f"{read} {sorted(times)[len(times) // 2]} {np.sqrt(((predicted - ty) ** 2).mean())}")
