"""Prepared sequences: a packed store on disk, sequences in memory, parts of either, and several joined.

A store is a folder of three files. `frames.bin` holds the packed frames of all sequences, in the order in which they
were prepared; `index-N.arrow` says whose they are and where; `store.json`, written last, names the index that counts.
While a store is made or brought up to date there is a `journal.jsonl` beside them, and what was there before stays
readable.
"""

from gaitprint.store._folder import check_free
from gaitprint.store._packing import Form, Packed, pack
from gaitprint.store._publishing import keep_partition
from gaitprint.store._sequences import MemorySequences, SequenceSet, Subset, fingerprint_of
from gaitprint.store.index import StoredSequence
from gaitprint.store.joined import ConcatSequences
from gaitprint.store.journal import SetAside
from gaitprint.store.partition import Partition
from gaitprint.store.plan import StorePlan
from gaitprint.store.reader import Store, is_begun, is_store
from gaitprint.store.writer import StoreWriter

__all__ = [
    "ConcatSequences",
    "Form",
    "MemorySequences",
    "Packed",
    "Partition",
    "SequenceSet",
    "SetAside",
    "Store",
    "StorePlan",
    "StoreWriter",
    "StoredSequence",
    "Subset",
    "check_free",
    "fingerprint_of",
    "is_begun",
    "is_store",
    "keep_partition",
    "pack",
]
