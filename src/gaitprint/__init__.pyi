"""The public names as type checkers and editors see them; at run time they are imported when they are asked for."""

from gaitprint.api.comparing import compare as compare
from gaitprint.api.comparing import distances as distances
from gaitprint.api.comparing import explain as explain
from gaitprint.api.comparing import rank as rank
from gaitprint.api.comparing import verify as verify
from gaitprint.api.evaluating import evaluate as evaluate
from gaitprint.api.files import load_calibration as load_calibration
from gaitprint.api.files import load_embeddings as load_embeddings
from gaitprint.api.files import load_silhouettes as load_silhouettes
from gaitprint.api.files import save_embeddings as save_embeddings
from gaitprint.api.galleries import FittedGallery as FittedGallery
from gaitprint.api.models import Model as Model
from gaitprint.api.models import embed as embed
from gaitprint.api.videos import Video as Video
from gaitprint.errors import GaitprintError as GaitprintError
from gaitprint.evaluation.identification.report import EvaluationReport as EvaluationReport
from gaitprint.evaluation.verification.calibration_file import CalibrationFile as CalibrationFile
from gaitprint.evaluation.verification.decision import Decision as Decision
from gaitprint.experiments.request import EvaluationRequest as EvaluationRequest
from gaitprint.exported.opening import Exported as Exported
from gaitprint.exported.opening import open_exported as open_exported
from gaitprint.gallery.gallery import Gallery as Gallery
from gaitprint.gallery.records import WalkDetails as WalkDetails
from gaitprint.inference.selection import SequenceFilter as SequenceFilter
from gaitprint.inference.walk_stream import StreamAnswer as StreamAnswer
from gaitprint.inference.walk_stream import WalkStream as WalkStream
from gaitprint.retrieval.pipeline import Pipeline as Pipeline
from gaitprint.retrieval.ranking import Match as Match
from gaitprint.retrieval.ranking import Ranking as Ranking
from gaitprint.retrieval.spec import PipelineSpec as PipelineSpec
from gaitprint.service.client import Client as Client
from gaitprint.types import Embeddings as Embeddings
from gaitprint.types import SequenceRecord as SequenceRecord
from gaitprint.types import Silhouettes as Silhouettes
from gaitprint.video.identity.people_request import PeopleRequest as PeopleRequest
from gaitprint.video.parts import VideoParts as VideoParts
from gaitprint.video.tracklets import TrackletSettings as TrackletSettings

__version__: str
