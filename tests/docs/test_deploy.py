"""The files to begin with name commands, options and settings that exist, and leave workers the time to stop."""

import re
from pathlib import Path

import pytest
import yaml

from engine.settings import Settings
from tests.docs.test_commands import unknown

DEPLOY = Path(__file__).parents[2] / "docs/deploy"
FILES = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".env", ".yaml"))
UNITS = [name for name in FILES if name.endswith(".service")]


@pytest.mark.parametrize("name", [*FILES, "Containerfile"])
def test_every_setting_that_a_file_names_is_one(name: str) -> None:
    named = set(re.findall(r"DEALFLOW_([A-Z_]+)", (DEPLOY / name).read_text(encoding="utf-8")))
    assert named
    assert {one.lower() for one in named} - set(Settings.model_fields) == set()


def test_what_units_and_services_run_can_be_typed() -> None:
    run = re.findall(r"^ExecStart=\S+/dealflow (.+)$", "\n".join((DEPLOY / name).read_text() for name in UNITS), re.M)
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    run += [" ".join(one["command"][1:]) for one in services.values() if "command" in one]
    assert len(run) == 4
    assert {line: wrong for line in run if (wrong := unknown(line))} == {}


def test_a_worker_gives_back_its_leases_before_it_is_killed_and_all_read_the_same_documents() -> None:
    unit = (DEPLOY / "dealflow-worker@.service").read_text(encoding="utf-8")
    [stop], [patience] = re.findall(r"STOP_SECONDS=(\d+)", unit), re.findall(r"TimeoutStopSec=(\d+)", unit)
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    worker = services["worker"]
    grace = int(worker["stop_grace_period"].removesuffix("s"))
    assert int(stop) < int(patience) and int(worker["environment"]["DEALFLOW_STOP_SECONDS"]) < grace
    assert worker["volumes"] == services["serve"]["volumes"] == ["files:/var/lib/dealflow"]
