"""Attention in NumPy, float32, blocks of 4,096 rows, two BLAS threads: random features, Nystrom, exact.

numpy_attention.py PREFIX HEADS METHOD SIZE RUNS SAMPLED. PREFIX-q.npy, -k.npy and -v.npy hold the heads one after the other; outputs go to
PREFIX-numpy.npy and to the disk. METHOD is performer (SIZE positive orthogonal features of centred and balanced queries and keys, shifted in
the log domain), nystrom (SIZE segment means) or exact. Prints medians of "memory files errors relative files errors": seconds without and
with reading and writing files, seconds of exact outputs of SAMPLED rows of each head, how far outputs are from these, and core seconds.
"""

import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "2"
import numpy as np

BLOCK = 4096
EXACT = 256  # queries of exact attention at once
prefix, heads, method = sys.argv[1], int(sys.argv[2]), sys.argv[3]
size, runs, sampled = (int(word) for word in sys.argv[4:7])


def blocks(n):
    return [slice(i, min(i + BLOCK, n)) for i in range(0, n, BLOCK)]


def frequencies(d, m, seed):
    random = np.random.default_rng(seed)
    parts = []
    for i in range(0, m, d):
        q, r = np.linalg.qr(random.standard_normal((d, d)))
        parts.append(q * np.sign(np.diag(r)) * np.sqrt(random.chisquare(d, d)))
    return np.concatenate(parts, axis=1)[:, :m]


def moments(x):
    mean = x[: min(len(x), BLOCK)].mean(0)
    sums, products = np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
    for b in blocks(len(x)):
        y = x[b] - mean
        sums += y.sum(0)
        products += y.T @ y
    shift = sums / len(x)
    return mean + shift, products / len(x) - np.outer(shift, shift)


def power(c, p):
    w, v = np.linalg.eigh(c)
    return (v * np.maximum(w, 1e-6 * w.mean()) ** p) @ v.T


def performer(q, k, v, out):
    n, d = q.shape
    scale = d**-0.5
    nu, cq = moments(q)
    mu, ck = moments(k)
    half, inverse = power(cq, 0.5), power(cq, -0.5)
    m = power(inverse @ power(half @ ck @ half, 0.5) @ inverse, 0.5)
    aq, ak = np.sqrt(scale) * m, np.sqrt(scale) * np.linalg.inv(m)
    w = frequencies(d, size, 42)
    lean = (aq @ nu).astype(np.float32)
    wq, wk, ak = (aq @ w).astype(np.float32), w.astype(np.float32), ak.astype(np.float32)
    mu, offset = mu.astype(np.float32), (w.T @ (aq @ nu)).astype(np.float32)
    shift, s, z = np.full(size, -np.inf, np.float32), np.zeros((size, v.shape[1]), np.float32), np.zeros(size, np.float32)
    p = np.empty((BLOCK, size), np.float32)
    for b in blocks(n):
        x = (k[b] - mu) @ ak
        logs = np.matmul(x, wk, out=p[: len(x)])
        logs += (x @ lean - 0.5 * np.einsum("ij,ij->i", x, x))[:, None]
        most = np.maximum(shift, logs.max(0))
        factor = np.exp(shift - most)
        shift = most
        logs -= shift
        np.exp(logs, out=logs)
        s *= factor[:, None]
        s += logs.T @ v[b]
        z = z * factor + logs.sum(0)
    bias, means = shift + np.log(z) - offset, s / z[:, None]
    for b in blocks(n):
        logs = np.matmul(q[b], wq, out=p[: b.stop - b.start])
        logs += bias
        logs -= logs.max(1, keepdims=True)
        np.exp(logs, out=logs)
        np.matmul(logs, means, out=out[b])
        out[b] /= logs.sum(1)[:, None]


def softmax(scores):
    scores -= scores.max(1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(1, keepdims=True)
    return scores


def streaming(q, k, v):
    """softmax(q k' / sqrt(d)) v of a few queries over all keys."""
    best, s, z = np.full(len(q), -np.inf, np.float32), np.zeros((len(q), v.shape[1]), np.float32), np.zeros(len(q), np.float32)
    q = q * np.float32(q.shape[1] ** -0.5)
    for b in blocks(len(k)):
        scores = q @ k[b].T
        most = np.maximum(best, scores.max(1))
        factor = np.exp(best - most)
        best = most
        scores -= best[:, None]
        np.exp(scores, out=scores)
        s *= factor[:, None]
        s += scores @ v[b]
        z = z * factor + scores.sum(1)
    return s / z[:, None]


def nystrom(q, k, v, out):
    n, d = q.shape
    starts = np.arange(size) * n // size
    counts = np.diff(np.append(starts, n))[:, None].astype(np.float32)
    ql, kl = np.add.reduceat(q, starts, axis=0) / counts, np.add.reduceat(k, starts, axis=0) / counts
    scale = np.float32(d**-0.5)
    inner = softmax(ql @ kl.T * scale)
    right = np.linalg.pinv(inner, rcond=1e-3) @ streaming(ql, k, v)
    for b in blocks(n):
        np.matmul(softmax(q[b] @ (kl.T * scale)), right, out=out[b])


def exact(q, k, v, out):
    for b in [slice(i, min(i + EXACT, len(q))) for i in range(0, len(q), EXACT)]:
        out[b] = streaming(q[b], k, v)


attend = {"performer": performer, "nystrom": nystrom, "exact": exact}[method]
figures = []
for run in range(runs):
    inside = measured = measuring = 0.0
    squares = np.zeros(2)
    begun, worked = time.perf_counter(), time.process_time()
    tables = [np.load(f"{prefix}-{name}.npy", mmap_mode="r") for name in "qkv"]
    n = len(tables[0]) // heads
    written = np.lib.format.open_memmap(prefix + "-numpy.npy", "w+", np.float32, (heads * n, tables[2].shape[1]))
    for h in range(heads):
        q, k, v = (np.array(table[h * n : (h + 1) * n]) for table in tables)
        start = time.perf_counter()
        out = np.empty((n, v.shape[1]), np.float32)
        attend(q, k, v, out)
        inside += time.perf_counter() - start
        written[h * n : (h + 1) * n] = out
        start, busy = time.perf_counter(), time.process_time()
        rows = np.sort(np.random.default_rng(h).choice(n, min(n, sampled), replace=False))
        truth = streaming(q[rows], k, v)
        squares += ((out[rows] - truth) ** 2).sum(dtype=np.float64), (truth**2).sum(dtype=np.float64)
        measured += time.perf_counter() - start
        measuring += time.process_time() - busy
    written.flush()
    cores = time.process_time() - worked - measuring
    whole = time.perf_counter() - begun - measured
    figures.append((inside, whole, measured, np.sqrt(squares[0] / squares[1]), cores, measuring))
print(*(sorted(x)[len(x) // 2] for x in zip(*figures)))
