"""NumPy's fastest route to the same factors, all in memory: the Gram matrix, its eigenvectors, U = A V / s.

numpy_svd.py MATRIX.npy RANK; prints seconds of reading, of computing and the worst relative errors for singular values 1000/j.
"""

import sys
import time

import numpy as np

path, k = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
a = np.load(path)
read = time.perf_counter() - start
times = []
for _ in range(3):
    start = time.perf_counter()
    w, v = np.linalg.eigh(a.T @ a)
    s = np.sqrt(w[::-1][:k])
    u = a @ (v[:, ::-1][:, :k] / s)
    times.append(time.perf_counter() - start)
error = np.abs(s * np.arange(1, k + 1) / 1000 - 1).max()
defect = np.abs(u.T @ u - np.eye(k)).max()
print(f"{read} {sorted(times)[1]} {error} {defect}")
