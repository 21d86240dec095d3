from venturi.compression import CompressError as CompressError
from venturi.compression import Compressed as Compressed
from venturi.compression import compress as compress
from venturi.measure import Decomposition as Decomposition
from venturi.measure import Estimate as Estimate
from venturi.measure import EstimateWarning as EstimateWarning
from venturi.measure import analyse as analyse
from venturi.measure import cmi as cmi
from venturi.measure import decomposition as decomposition
from venturi.measure import dependence as dependence
from venturi.measure import entropy as entropy
from venturi.measure import methods as methods
from venturi.measure import mi as mi
from venturi.measure import set_threads as set_threads
from venturi.measure import total_correlation as total_correlation
from venturi.measure import transfer_entropy as transfer_entropy
from venturi.neural import NEURAL_METHODS as NEURAL_METHODS
from venturi.neural import neural_mi as neural_mi

__version__: str
