"""`python -m engine.play FILES… --scenario S.json [--kernel native|spiff] [--save-between-steps] [--json]`."""

import sys

from engine.play.terminal import main_play

sys.exit(main_play(sys.argv[1:]))
