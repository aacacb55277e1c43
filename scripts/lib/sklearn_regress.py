"""scikit-learn's kernel approximation and ridge regression on the same rows, all in memory.

sklearn_regress.py FOLDER MAP SIZE BANDWIDTH LAMBDA RUNS; FOLDER holds train-x.npy, train-y.npy, test-x.npy, test-y.npy (float32).
Prints "read seconds fit seconds (median) rmse on test".
"""

import sys
import time

import numpy as np
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.linear_model import Ridge

folder, name, size, bandwidth, penalty, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6])
start = time.perf_counter()
x, y = np.load(folder + "/train-x.npy"), np.load(folder + "/train-y.npy")
read = time.perf_counter() - start
gamma = 1 / (2 * bandwidth**2)
times = []
for seed in range(runs):
    start = time.perf_counter()
    if name == "nystrom":
        features = Nystroem(kernel="rbf", gamma=gamma, n_components=size, random_state=seed)
    else:
        features = RBFSampler(gamma=gamma, n_components=size, random_state=seed)
    z = features.fit_transform(x)
    model = Ridge(alpha=penalty * len(x)).fit(z, y)
    times.append(time.perf_counter() - start)
    del z
tx, ty = np.load(folder + "/test-x.npy"), np.load(folder + "/test-y.npy")
rmse = np.sqrt(((model.predict(features.transform(tx)) - ty) ** 2).mean())
print(f"{read} {sorted(times)[len(times) // 2]} {rmse}")
