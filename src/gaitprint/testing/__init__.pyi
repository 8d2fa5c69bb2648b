"""The checkers as type checkers and editors see them; at run time they are imported when they are asked for."""

from gaitprint.testing.augmentations import check_augmentation as check_augmentation
from gaitprint.testing.backends import check_backend as check_backend
from gaitprint.testing.datasets import check_dataset as check_dataset
from gaitprint.testing.detectors import check_detector as check_detector
from gaitprint.testing.gallery_engines import check_gallery_engine as check_gallery_engine
from gaitprint.testing.losses import check_loss as check_loss
from gaitprint.testing.networks import check_network as check_network
from gaitprint.testing.readers import check_reader as check_reader
from gaitprint.testing.scorers import check_scorer as check_scorer
from gaitprint.testing.segmenters import check_segmenter as check_segmenter
from gaitprint.testing.trackers import check_tracker as check_tracker
from gaitprint.testing.transforms import check_transform as check_transform
