"""The layers whose channels are too few for minimal filtering: the first convolution, and the triples of frames."""

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.compiled import compiled
from gaitprint.deploy.form import SLOPE, Branch, Triples
from gaitprint.deploy.winograd import Tiled, TiledOutput, clear_margin, pixels, tiled
from gaitprint.deploy.winograd_kernels import SIDE

TAPS = 27


class Stem:
    """A 3 x 3 x 3 convolution of one channel: neighbourhoods of 27 values, and one matrix product a frame."""

    def __init__(self, branch: Branch) -> None:
        channels = branch.weight.shape[0]
        self.channels = channels
        self._weight = np.ascontiguousarray(branch.weight.reshape(channels, TAPS).T)
        self._bias = np.zeros(channels, np.float32) if branch.bias is None else branch.bias

    @staticmethod
    def padded(clip: Float32[np.ndarray, "T H W"], before: int) -> Float32[np.ndarray, "T3 H3 W3"]:
        """A clip with what its convolution sees around it; `before` is 1 where it holds the frame before already."""
        beyond = -clip.shape[2] % SIDE
        return np.pad(clip, ((1 - before, 1), (1, 1), (1, 1 + beyond)))

    def frame(self, padded: Float32[np.ndarray, "T3 H3 W3"], t: int, width: int, out: TiledOutput) -> None:
        """Fill out[0] [H, 4, K, D] with frame t."""
        _, height, side, columns, channels = out.shape
        patches = np.empty((height, side, columns, TAPS), np.float32)
        _neighbourhoods(padded[t : t + 3], patches)
        y = out.reshape(-1, channels)
        np.matmul(patches.reshape(-1, TAPS), self._weight, out=y)
        _activate(y, self._bias, np.float32(SLOPE))
        clear_margin(out, width)


class TripleProducts:
    """A 3 x 1 x 1 convolution of stride three: three matrix products a frame of the output."""

    def __init__(self, layer: Triples) -> None:
        channels = layer.weight.shape[0]
        self.channels = channels
        self._weight = np.ascontiguousarray(layer.weight.transpose(2, 1, 0))
        self._bias = np.zeros(channels, np.float32) if layer.bias is None else layer.bias

    def frame(self, triple: Tiled, width: int, out: TiledOutput) -> None:
        """Fill out[0] from three frames."""
        flat = triple.reshape(3, -1, triple.shape[-1])
        y = out.reshape(-1, self.channels)
        np.matmul(flat[0], self._weight[0], out=y)
        for t in (1, 2):
            y += flat[t] @ self._weight[t]
        _activate(y, self._bias, np.float32(SLOPE))
        clear_margin(out, width)


def max_pool(x: Tiled, width: int) -> TiledOutput:
    """The maximum of every 2 x 2 pixels of a frame; an odd row or column at the end is not seen."""
    frames, height, _, _, channels = x.shape
    half = width // 2
    rows = np.maximum(x[:, 0 : height // 2 * 2 : 2], x[:, 1::2])
    # pixels 0 and 1 of a tile make one, 2 and 3 another: the tile's half of a tile
    pairs = np.maximum(rows[:, :, 0::2], rows[:, :, 1::2]).transpose(0, 1, 3, 2, 4)
    out = tiled(frames, height // 2, half, channels)
    columns = out.shape[3]
    room = np.zeros((frames, height // 2, 2 * columns, 2, channels), np.float32)
    room[:, :, : pairs.shape[2]] = pairs
    pixels(out)[:] = room.reshape(frames, height // 2, columns, SIDE, channels)
    clear_margin(out, half)
    return out


@compiled
def _neighbourhoods(frames, patches):
    height, side, columns, _ = patches.shape
    for y in range(height):
        for p in range(side):
            for k in range(columns):
                x = side * k + p
                patch = patches[y, p, k]
                i = 0
                for t in range(3):
                    for dy in range(3):
                        for dx in range(3):
                            patch[i] = frames[t, y + dy, x + dx]
                            i += 1


@compiled
def _activate(y, bias, slope):
    for i in range(y.shape[0]):
        row = y[i]
        for c in range(len(bias)):
            z = row[c] + bias[c]
            row[c] = max(z, slope * z)
