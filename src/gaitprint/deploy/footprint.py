"""How much memory a form takes at its peak, by the sizes of its maps."""

from gaitprint.deploy.form import Branches, Convolution, DeployForm, Residual, Triples

ROOM = 2
"""Times what a layer sees and makes: engines arrange maps anew before they multiply, and keep some that they freed."""


def bytes_a_frame(form: DeployForm, frame: tuple[int, int]) -> float:
    """Bytes at the peak for each frame of the clips that are computed together, in float32: about what engines take.

    A layer holds its input, the map of each of its branches, and their sum or stack; the largest counts.

    Args:
        frame: rows and columns of a clip.
    """
    height, width = frame
    channels, moments, most = 1, 1.0, 0.0
    for layer in form.layers:
        seen = channels * height * width * moments
        if isinstance(layer, Branches):
            channels = layer.branches[0].weight.shape[0]
            each = channels * height * width * moments
            made = (len(layer.branches) + len(layer.groups)) * each
            height *= len(layer.groups)
        elif isinstance(layer, Triples):
            channels, moments = layer.weight.shape[0], moments / 3
            made = 2 * channels * height * width * moments
        elif isinstance(layer, Convolution | Residual):
            # a block holds what it was given to its end
            kept = 0.0 if isinstance(layer, Convolution) else seen
            for convolution in (layer,) if isinstance(layer, Convolution) else layer.body:
                given, channels = channels * height * width * moments, convolution.weight.shape[0]
                height, width = -(-height // convolution.stride), -(-width // convolution.stride)
                made = channels * height * width * moments
                most = max(most, kept + given + made)
            seen = kept
        else:
            height, width = height // 2, width // 2
            made = channels * height * width * moments
        most = max(most, seen + made)
    return 4 * ROOM * most
