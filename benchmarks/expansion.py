"""Claim: query expansion over 100,000 x 512 takes less than three minutes on two cores.

Run: python benchmarks/expansion.py [--items 100000] [--clusterings neighbours mutual components dbscan]

Made-up features: people of twelve sequences. Time is wall time around finding the clusters and taking their means;
memory is the highest resident set, as Linux counts it, less that after the features.
"""

import argparse
import time
from pathlib import Path

from reranking import WIDTH, features, status

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.transforms.cluster_expansion import ClusterExpansionSettings, cluster_means, find_clusters
from gaitprint.types import PartLayout


def main() -> None:
    """Print seconds and memory of each clustering."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--clusterings", nargs="+", default=["neighbours", "mutual"])
    chosen = parser.parse_args()
    vectors, work = features(chosen.items), ComputeBudget(memory=512 << 20)
    for clustering in chosen.clusterings:
        settings = ClusterExpansionSettings(clustering=clustering, threshold_unit="quantile")
        Path("/proc/self/clear_refs").write_text("5")
        before, start = status("VmRSS"), time.perf_counter()
        found = find_clusters(vectors, PartLayout(((1, WIDTH),)), settings, work=work)
        cluster_means(vectors, found, settings, work)
        seconds, taken = time.perf_counter() - start, status("VmHWM") - before
        print(f"{clustering}, {chosen.items:,}: {seconds:.1f} s, {taken / 2**20:,.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
