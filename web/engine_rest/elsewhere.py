"""What Camunda answers and this engine does not: told apart from what nobody has, with the way out.

The operations are those of Camunda's own description (camunda-engine-rest-openapi 7.23), less what rooms here answer.
"""

from __future__ import annotations

from itertools import zip_longest

from web.engine_rest.answers import Refused

PEOPLE = "people and teams are kept on the pages of the administration, or come from single sign-on"
RIGHTS = "rights follow from teams: change who is in a team on the pages of the administration"
FILTERS = "saved views belong to the inbox; POST /task takes the same query"
HISTORY = "history goes when the model's historyTimeToLive is over (`dealflow cleanup`)"
LOGS = "the pages of the case tell it, and the feed of events at /api/v1/events"
FIGURES = "the pages of the process show these figures, and `dealflow report` writes them"
JOBS = "a job rests with its case: PUT /process-instance/{id}/suspended"
FILES = "files are filed at the task, on its page"
ONE_TENANT = "there is one tenant: ask the same address without it"
STATISTICS = "the engine's own figures stand on the page of the machinery, and at /metrics for Prometheus"

REFUSED: tuple[tuple[str, str, str], ...] = (
    ("*", "/authorization/**", RIGHTS),
    ("*", "/case-definition/**", "an ad-hoc sub-process says in BPMN what a case says in CMMN"),
    ("*", "/case-execution/**", "an ad-hoc sub-process says in BPMN what a case says in CMMN"),
    ("*", "/case-instance/**", "an ad-hoc sub-process says in BPMN what a case says in CMMN"),
    ("POST", "/condition", "conditions are looked at whenever a variable changes: set the variable"),
    ("*", "/decision-definition/key/*/tenant-id/**", ONE_TENANT),
    ("PUT", "/decision-definition/**", HISTORY),
    ("*", "/decision-requirements-definition/**", "/decision-definition tells every table of the graph"),
    ("POST", "/execution/*/create-incident", "an incident is what failed: let the work fail (POST /external-task)"),
    ("POST", "/execution/*/signal", "what waits is told by POST /message, or at the execution's messageSubscriptions"),
    ("*", "/filter/**", FILTERS),
    ("*", "/group/**", PEOPLE),
    ("POST", "/history/batch/**", HISTORY),
    ("*", "/history/cleanup/**", HISTORY),
    ("*", "/history/decision-definition/**", HISTORY),
    ("POST", "/history/decision-instance/*", HISTORY),
    ("GET", "/history/decision-instance/*", "GET /history/decision-instance?processInstanceId= tells it"),
    ("*", "/history/decision-requirements-definition/**", FIGURES),
    ("GET", "/history/detail/*", LOGS),
    ("GET", "/history/detail/*/data", LOGS),
    ("*", "/history/external-task-log/**", LOGS),
    ("*", "/history/identity-link-log/**", LOGS),
    ("*", "/history/job-log/**", LOGS),
    ("PUT", "/history/user-operation/**", "what was done is never written over: say it in a comment"),
    ("GET", "/history/process-definition/**", HISTORY),
    ("POST", "/history/process-instance/*", HISTORY),
    ("DELETE", "/history/**", HISTORY),
    ("*", "/identity/password-policy", PEOPLE),
    ("*", "/incident/*/annotation", "say it in a comment: POST /task/{id}/comment/create"),
    ("PUT", "/job/suspended", JOBS),
    ("PUT", "/job/*/suspended", JOBS),
    ("PUT", "/job/*/priority", "priorities are the model's"),
    ("POST", "/job/*/duedate/recalculate", "PUT /job/{id}/duedate says when a timer comes"),
    ("DELETE", "/job/*", "a failed job is let go by moving its token: POST /process-instance/{id}/modification"),
    ("*", "/metrics/**", STATISTICS),
    ("*", "/optimize/**", FIGURES),
    ("*", "/process-definition/key/*/tenant-id/**", ONE_TENANT),
    ("GET", "/process-definition/*/static-called-process-definitions", "the diagram names what it calls"),
    ("POST", "/process-instance/delete-historic-query-based", "POST /process-instance/delete takes running cases"),
    ("POST", "/process-instance/job-retries-historic-query-based", "POST /process-instance/job-retries takes ids"),
    ("POST", "/process-instance/message-async", "POST /message with `all` tells every case that waits"),
    ("*", "/process-instance/*/comment/**", "a comment is withdrawn on the page of the case by who wrote it"),
    ("*", "/schema/**", "`dealflow check` says how the database stands"),
    ("POST", "/task/create", "a task comes from a process: start an ad-hoc one"),
    ("DELETE", "/task/*", "a task goes with its token: POST /process-instance/{id}/modification"),
    ("*", "/task/*/attachment/**", FILES),
    ("*", "/task/*/comment/**", "a comment is withdrawn on the page of the case by who wrote it"),
    ("GET", "/task/*/rendered-form", "GET /task/{id}/deployed-form gives the form, which clients draw"),
    ("*", "/telemetry/**", "nothing is sent to anybody"),
    ("*", "/tenant/**", ONE_TENANT),
    ("*", "/user/**", PEOPLE),
)
"""(method, or `*`; address, `*` for one part and `**` for all that follows; what to do instead)."""


def told(method: str, path: str) -> Refused:
    """501 with the way out for what Camunda has; 404 for what nobody has."""
    parts = path.strip("/").split("/")
    for wanted, address, instead in REFUSED:
        if wanted in ("*", method) and _fits(address.strip("/").split("/"), parts):
            return Refused(501, "NotSupportedException", f"{method} /{path} is not supported: {instead}")
    return Refused(404, "NotFoundException", f"There is nothing at {method} /{path}")


def _fits(pattern: list[str], parts: list[str]) -> bool:
    for wanted, part in zip_longest(pattern, parts):
        if wanted == "**":
            return True
        if wanted is None or part is None or wanted not in ("*", part):
            return False
    return True
