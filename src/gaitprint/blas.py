"""How many threads the libraries of matrices use: one, where many small products are computed side by side."""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_blas_thread() -> AbstractContextManager[Any]:
    """One thread from the call on; as before at the end of a `with`."""
    limit: AbstractContextManager[Any] = _libraries(len(sys.modules)).limit(limits=1, user_api="blas")
    return limit


@lru_cache(1)
def _libraries(_modules: int) -> ThreadpoolController:
    """What is loaded. Looking takes milliseconds, in which a small comparison is done; more comes with new modules."""
    return ThreadpoolController()
