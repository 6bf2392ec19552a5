"""The studio: its library, the editors, a deployment to look through, a comparison, scenarios."""

from __future__ import annotations

from engine.api import drafts
from engine.queries import studio as models
from tests.browser.gallery import Gallery


def furnish(shown: Gallery) -> dict[str, str]:
    """A draft in which a task has another due date and a rule another result."""
    house, folder = shown.house, "client_intake"
    owner = house.actor("admin")
    with house.writing() as session:
        draft = drafts.package_draft(session, owner, folder)
        diagram = draft.files["client_intake.bpmn"].replace('name="首次联系"', 'name="首次电话联系"')
        saved = drafts.save_package_file(session, owner, folder, "client_intake.bpmn", diagram, version=draft.version)
        assert saved.changed
        deployed = models.deployments(session, folder)[0].id
    return {
        "studio": "/studio",
        "studio-new": "/studio/new",
        "studio-package": f"/studio/{folder}",
        "studio-diagram": f"/studio/{folder}/edit/client_intake.bpmn",
        "studio-table": f"/studio/{folder}/edit/intake_rules.dmn",
        "studio-form": f"/studio/{folder}/edit/forms/first_contact.form",
        "studio-texts": f"/studio/{folder}/edit/i18n/en.json",
        "studio-deploy": f"/studio/{folder}/deploy",
        "studio-rollback": f"/studio/{folder}/rollback/{deployed}",
        "studio-compare": f"/studio/{folder}/compare",
        "studio-scenarios": f"/studio/{folder}/scenarios",
        "api-docs": "/api/v1/docs",
    }
