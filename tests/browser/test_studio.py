"""The studio as a process owner uses it: a second approval above fifty million is added to the evaluation of credit,
the case that runs follows, and is carried through it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine import api, identity, rewriting
from engine.settings import load
from engine.store import tables as t
from handlers import demo
from tests.bpmn import credit_house
from tests.bpmn.credit_house import MEMBERS, CreditHouse
from tests.bpmn.furnished import move_in
from tests.browser import mouse, settled
from tests.browser.conftest import Place, serving
from tests.house import MovableClock
from tests.paths import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOLDER = "credit_evaluation"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One evaluation that waits for its plan; Owen owns processes, and the packages' files stand in a folder."""
    folder = tmp_path_factory.mktemp("studio")
    url = credit_house.furnish(folder)
    (folder / "bpmn").mkdir()
    settings = load(database_url=url, data_dir=folder, bpmn_dir=folder / "bpmn", secret_key="tests")
    clock = MovableClock()
    house = CreditHouse(api.open_engine(settings, clock), clock)
    with house.writing() as session:
        move_in(session, {"owen": ("process_owner",)})
        for person in ("owen", "lu"):
            identity.set_password(session, person, demo.PASSWORD)
    house.begin()
    house.diligent()
    with serving(house) as address:
        yield Place(address, house)


@pytest.fixture
def owner(browser: Browser, place: Place) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    page = place.watch(context.new_page())
    place.sign_in(page, "owen", "/studio")
    yield page
    context.close()


def edited(page: Page) -> None:
    page.wait_for_selector("[data-studio][data-ready=true]")


def chosen(page: Page, id: str) -> None:
    """Select an element of the diagram; its properties stand beside it."""
    page.evaluate(
        "(id) => { const m = document.querySelector('[data-studio]').modeler; "
        "m.get('selection').select(m.get('elementRegistry').get(id)); }",
        id,
    )
    opened(page, id)


def opened(page: Page, id: str) -> None:
    """Open the properties of the element that is selected."""
    expect(page.locator(".bio-properties-panel-input[name='id']").first).to_have_value(id)
    for name in ("general", "dealflow"):
        group = page.locator(f"[data-group-id='group-{name}']")
        expect(group).to_be_visible()
        if not group.locator(".bio-properties-panel-group-entries.open").count():
            group.locator(".bio-properties-panel-group-header").click()


STEPS = "document.querySelector('[data-studio]').modeler.get('commandStack')._stackIdx"
"""The number of the last step in the diagram that can be undone."""


def enter(page: Page, entry: str, value: str) -> None:
    """Put a value into an entry of the panel, as a person does; the diagram has it, and the panel stands anew."""
    settled.drawn(page)
    before = page.evaluate(STEPS)
    field = page.locator(f"#bio-properties-panel-{entry if entry == 'id' else f'dealflow-{entry}'}")
    if field.evaluate("(one) => one.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
        field.blur()
    page.wait_for_function(f"before => {STEPS} > before", arg=before)
    settled.drawn(page)


def test_a_second_approval_above_fifty_million_is_added_and_a_case_carried_through_it(
    owner: Page, place: Place
) -> None:
    page, house = owner, place.house
    assert isinstance(house, CreditHouse)
    case = house.rows(t.instance, t.instance.c.key == FOLDER)[0]["id"]
    page.fill("[data-search]", "授信评估")
    page.click("#package-credit_evaluation a[data-row-link]")
    page.click("text=添加文件")
    page.select_option("select[name=kind]", "agree")
    page.fill("input[name=name]", "second_approval")
    page.click("form.df-inline button")
    edited(page)
    page.goto(f"{place.url}/studio/{FOLDER}/edit/credit_evaluation.bpmn")
    edited(page)
    flow = approval_drawn(page)
    expect(page.locator("[data-studio-faults][data-faults='0']")).to_be_visible()
    expect(page.locator("[data-studio-status]")).to_contain_text("草稿已保存")
    drawn = page.request.get(f"{place.url}/studio/{FOLDER}/files/credit_evaluation.bpmn").text()
    task_drawn = drawn[drawn.index('id="ut_second_approval"') :].split("</userTask>")[0]
    for name, value in {"due": "P2D", "assign": "queue", "notSameUserAs": "ut_plan"}.items():
        assert f'<camunda:property name="{name}" value="{value}" />' in task_drawn, task_drawn

    page.click("text=检查并部署")
    expect(page.locator("[data-forecast=credit_evaluation]")).to_contain_text("1 笔在途业务可以迁移")
    expect(page.locator("main")).to_contain_text("第二审批")
    page.check("input[name=cases][value=all]")
    page.fill("#note", "五千万以上须第二审批")
    page.click("button:has-text('部署')")
    page.wait_for_url(f"{place.url}/studio/{FOLDER}")
    expect(page.locator("main")).to_contain_text("授信评估 现运行第 2 版")

    house.work()
    definition = house.rows(t.instance, t.instance.c.id == case)[0]["definition_id"]
    assert house.rows(t.definition, t.definition.c.id == definition)[0]["version"] == 2
    carried_to_the_second_approval(house)
    [task] = [one for one in house.tasks() if one["element"] == "ut_second_approval"]
    assert house.rows(t.reminder, t.reminder.c.task_id == task["id"])
    second_person(page.context.browser, place, task["id"])
    house.work()
    assert "ut_second_approval" not in house.waiting()
    assert house.variables(case)["second_approval_decision"] == "approve"
    passed = [row["events"] for row in house.rows(t.history, t.history.c.instance_id == case)]
    assert any(list(event) == ["f", flow] for events in passed for event in events)
    assert place.wrong == []


def approval_drawn(page: Page) -> str:
    """By mouse, on the way from the committee's decision to the limit: above fifty million another person approves in
    a task of their own, or refuses, and then the refusal's letter is sent. The id of the way of those who approve."""
    mouse.find(page, "svc_reserve")
    before = set(mouse.flows(page))
    above = mouse.drop(page, "create.exclusive-gateway", mouse.along(page, "f_decision__reserve", 0.6))
    [below] = set(mouse.flows(page)) - before
    mouse.drop(page, "append.append-task", (7280, 1900))
    mouse.write(page, "第二审批")
    mouse.turn_into(page, "user-task")
    task = str(page.locator(mouse.SELECTED).get_attribute("data-element-id"))
    [asked] = set(mouse.flows(page)) - before - {below}
    opened(page, task)
    for entry, value in {
        "id": "ut_second_approval", "form": "second_approval", "group": "approver", "due": "P2D", "assign": "queue",
        "notSameUserAs": "ut_plan", "reminderPolicy": "standard",
    }.items():  # fmt: skip
        enter(page, entry, value)
    decided = mouse.drop(page, "append.gateway", (7430, 1900))
    approved = mouse.connect(page, decided, "svc_reserve")
    opened(page, approved)
    enter(page, "condition", '= second_approval_decision = "approve"')
    refused = mouse.connect(page, decided, "svc_letter_rejected")
    opened(page, refused)
    enter(page, "otherwise", "yes")
    faults = page.locator("[data-studio-faults]")
    expect(faults).to_contain_text(f"“{above}”流出的顺序流“{asked}”既没有条件，也不是默认流")
    for flow, entry, value in ((below, "otherwise", "yes"), (asked, "condition", "= amount > 50000000")):
        mouse.choose(page, flow, mouse.along(page, flow))
        opened(page, flow)
        enter(page, entry, value)
    expect(faults).not_to_contain_text(above)
    return approved


def carried_to_the_second_approval(house: CreditHouse) -> None:
    """From the plan to the committee's decision."""
    house.reviewed()
    house.convened()
    for member in MEMBERS[:6]:
        house.vote(member, "agree")
    house.finish("ut_chair", {"minutes": "九人到会，同意", "chair_decision": "confirm"})
    house.work()


def second_person(browser: Browser | None, place: Place, task: int) -> None:
    """An approver opens the new task, agrees, and completes it."""
    assert browser is not None
    context = browser.new_context(locale="zh-CN")
    page = place.watch(context.new_page())
    place.sign_in(page, "lu", f"/tasks/{task}")
    page.wait_for_selector("[data-form][data-ready=true]")
    page.get_by_role("radio", name="同意", exact=True).check()
    page.click("#task-form button.btn-primary[type=submit]")
    page.wait_for_url(lambda url: not url.endswith(f"/tasks/{task}"))
    context.close()


SAVED_AGAIN = {
    "bpmn": """async (xml) => {
      const modeler = document.querySelector('[data-studio]').modeler;
      await modeler.importXML(xml);
      return (await modeler.saveXML({ format: true })).xml;
    }""",
    "dmn": """async (xml) => {
      const modeler = document.querySelector('[data-studio]').modeler;
      await modeler.importXML(xml, { open: false });
      for (const view of modeler.getViews()) if (view.type !== 'drd') await modeler.open(view);
      return (await modeler.saveXML({ format: true })).xml;
    }""",
    "form": """async (text) => {
      const place = document.querySelector('[data-studio]');
      await place.editor.importSchema(JSON.parse(text));
      return place.draft.text();
    }""",
}
"""What the editor of each kind writes of a file that it opened."""


@pytest.mark.parametrize(
    ("editor", "pattern", "least"),
    [
        ("committee_vote/edit/committee_vote.bpmn", "*/*.bpmn", 28),
        ("credit_evaluation/edit/plan_rules.dmn", "*/*.dmn", 20),
        ("credit_evaluation/edit/forms/financing_plan.form", "*/forms/*.form", 100),
    ],
)
def test_opening_and_saving_any_shipped_file_changes_no_character_of_it(
    owner: Page, place: Place, editor: str, pattern: str, least: int
) -> None:
    owner.goto(f"{place.url}/studio/{editor}")
    edited(owner)
    files = sorted((ROOT / "bpmn").glob(pattern))
    assert len(files) >= least
    changed = []
    for file in files:
        text = file.read_text("utf-8")
        again = owner.evaluate(SAVED_AGAIN[file.suffix[1:]], text)
        if rewriting.kept(text, again, file.name) != text:
            changed.append(file.relative_to(ROOT).as_posix())
    assert changed == []


def test_a_rule_and_a_field_are_changed_in_their_editors_and_kept(owner: Page, place: Place) -> None:
    page, path = owner, f"{place.url}/studio/kyc_onboarding"
    page.goto(f"{path}/edit/kyc_rules.dmn")
    edited(page)
    cell = page.locator("td.output-cell [contenteditable]").first
    cell.click()
    cell.fill('"changed by hand"')
    page.locator("td.input-cell").first.click()
    expect(page.locator("[data-studio-status]")).to_contain_text("草稿已保存")
    assert '"changed by hand"' in page.request.get(f"{path}/files/kyc_rules.dmn").text()
    page.goto(f"{path}/edit/forms/kyc_hit.form")
    edited(page)
    page.locator(".fjs-form-field-textfield, .fjs-form-field-textarea").first.click()
    page.locator("[data-group-id='group-general'] .bio-properties-panel-group-header:not(.open)").click()
    label = page.locator("#bio-properties-panel-label")
    label.fill("改过的标签")
    label.blur()
    expect(page.locator("[data-studio-status]")).to_contain_text("草稿已保存")
    assert "改过的标签" in page.request.get(f"{path}/files/forms/kyc_hit.form").text()


def test_tokens_are_walked_through_a_diagram_by_hand(owner: Page, place: Place) -> None:
    page = owner
    page.goto(f"{place.url}/studio/committee_vote/edit/committee_vote.bpmn")
    edited(page)
    expect(page.locator("[data-studio-faults]")).to_have_attribute("data-faults", re.compile(r"\d"))
    page.locator(".bts-toggle-mode").click()
    expect(page.locator(".df-studio .simulation")).to_be_visible()
    page.locator(".bts-context-pad[title=触发]:visible").first.click()
    expect(page.locator(".bts-token, .bts-token-count").first).to_be_visible()
    assert page.evaluate(STEPS) == -1, "trying changes nothing"
    page.locator(".bts-toggle-mode").click()
    expect(page.locator(".bts-token-count")).to_have_count(0)


def test_another_window_is_not_overwritten(owner: Page, place: Place) -> None:
    path = f"{place.url}/studio/due_diligence/edit/README.md"
    other = owner.context.new_page()
    for page in (owner, other):
        page.goto(path)
        edited(page)
    for page, words, said in ((owner, "甲", "草稿已保存"), (other, "乙", "未保存")):
        page.fill("textarea", words)
        expect(page.locator("[data-studio-status]")).to_contain_text(said)
    saved = owner.request.get(f"{place.url}/studio/due_diligence/files/README.md").text()
    assert saved == "甲" and Path(ROOT / "bpmn/due_diligence/README.md").read_text("utf-8") != "甲"
    place.listen_anew()


@pytest.mark.parametrize("file", ["credit_evaluation.bpmn", "plan_rules.dmn"])
def test_the_bpmn_io_logo_of_the_editors_stays_visible_and_works(owner: Page, place: Place, file: str) -> None:
    place.listen_anew()
    place.watch(owner)
    owner.goto(f"{place.url}/studio/credit_evaluation/edit/{file}")
    edited(owner)
    logo = owner.locator("a.bjs-powered-by >> visible=true").first
    expect(logo).to_be_visible()
    assert logo.evaluate(
        """link => { link.scrollIntoView(); const box = link.getBoundingClientRect();
        return link.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); }"""
    )
    logo.click()
    expect(owner.locator(".bjs-powered-by-lightbox")).to_be_visible()
    assert not place.wrong, "\n".join(place.wrong)


def test_what_was_typed_a_moment_ago_is_kept_when_another_element_is_chosen_and_a_link_followed(
    owner: Page, place: Place
) -> None:
    page, path = owner, f"{place.url}/studio/committee_vote"
    page.goto(f"{path}/edit/committee_vote.bpmn")
    edited(page)
    chosen(page, "ut_prepare")
    page.locator("#bio-properties-panel-dealflow-due").fill("P3D")
    chosen(page, "ut_chair")
    page.locator("#bio-properties-panel-dealflow-due").fill("P4D")
    page.click("text=检查并部署")
    page.wait_for_url(f"{path}/deploy")
    drawn = page.request.get(f"{path}/files/committee_vote.bpmn").text()
    for task, due in {"ut_prepare": "P3D", "ut_chair": "P4D"}.items():
        part = drawn[drawn.index(f'id="{task}"') :].split("</userTask>")[0]
        assert f'name="due" value="{due}"' in part, part


def test_a_field_that_was_come_to_keeps_the_focus_when_the_one_before_it_is_taken_over(
    owner: Page, place: Place
) -> None:
    owner.goto(f"{place.url}/studio/client_intake/edit/client_intake.bpmn")
    edited(owner)
    chosen(owner, "ut_first_contact")
    owner.locator(".bio-properties-panel-input[name='name']").fill("初次联系")
    due = owner.locator("#bio-properties-panel-dealflow-due")
    due.focus()
    settled.drawn(owner)
    owner.keyboard.type("P9D")
    expect(due).to_be_focused()
    expect(due).to_have_value(re.compile("P9D$"))


UNSAID = """async (ids) => {
  const place = document.querySelector('[data-studio]'), editor = place.modeler ?? place.editor;
  const pause = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
  const open = (what) => document.querySelectorAll(what).forEach((one) => one.click());
  const registry = editor.get?.(place.modeler ? 'elementRegistry' : 'formFieldRegistry');
  for (const one of registry?.getAll() ?? []) {
    if (ids && !ids.includes(one.id)) continue;
    editor.get('selection')[place.modeler ? 'select' : 'set'](one);
    await pause();
    open('.bio-properties-panel-group-header:not(.open)');
    await pause();
    if (place.modeler && one.width) {
      editor.get('contextPad').open(one, true);
      editor.get('popupMenu').open(one, 'bpmn-replace', { x: 0, y: 0 });
      editor.get('popupMenu').close();
    }
  }
  return [...place.missing];
}"""
"""Every field of a form, or these elements of a diagram, chosen with all its properties open: words without Chinese."""


def test_the_editors_of_diagrams_tables_and_forms_say_everything_in_chinese(owner: Page, place: Place) -> None:
    page = owner
    unsaid: dict[str, list[str]] = {}
    for file in ("credit_evaluation.bpmn", "plan_rules.dmn", "forms/financing_plan.form"):
        page.goto(f"{place.url}/studio/credit_evaluation/edit/{file}")
        edited(page)
        asked = None
        if file.endswith(".bpmn"):
            asked = page.evaluate(
                "() => { const seen = {}; document.querySelector('[data-studio]').modeler.get('elementRegistry')"
                ".forEach((one) => { seen[one.type] ??= one.id; }); return Object.values(seen); }"
            )
        unsaid[file] = page.evaluate(UNSAID, asked)
    assert not any(unsaid.values()), json.dumps(unsaid, ensure_ascii=False)


def test_a_scenario_is_clicked_through_and_kept(owner: Page, place: Place) -> None:
    page, path = owner, f"{place.url}/studio/committee_vote"
    page.goto(f"{path}/scenarios")
    page.wait_for_selector("[data-studio][data-ready=true]")
    page.click("[data-record]")
    page.get_by_label("照此场景开始").select_option("scenarios/01_all_vote.json")
    expect(page.get_by_label("开始时的变量（JSON）")).not_to_have_value("")
    page.click("text=继续")
    expect(page.locator("[data-steps] summary")).to_contain_text("会前准备")
    expect(page.locator("[data-element-id=ut_prepare].df-active")).to_have_count(1)
    page.get_by_label("其他变量（JSON）").fill("{ no")
    page.click("[data-steps] details >> text=继续")
    expect(page.locator(".df-studio-steps li")).to_have_count(1)  # that is no JSON, and the field says so
    recorded = json.loads((ROOT / "bpmn/committee_vote/scenarios/01_all_vote.json").read_text("utf-8"))["steps"]
    page.get_by_label("其他变量（JSON）").fill(json.dumps(recorded[1]["variables"]))
    page.get_by_label("由谁办理（登录名）").fill(recorded[1]["as"])
    page.click("[data-steps] details >> text=继续")
    expect(page.locator(".df-studio-steps li")).to_have_count(2)
    page.get_by_label("场景名称").fill("点击录制")
    page.click("text=保存为场景")
    expect(page.locator("[data-steps] [role=status]")).to_contain_text("08_recorded.json")
    page.goto(f"{path}/scenarios")
    page.wait_for_selector("[data-studio][data-ready=true]")
    page.click("[data-run]")
    kept = page.locator("[data-scenario='scenarios/08_recorded.json']")
    expect(kept).to_have_attribute("data-passed", "true", timeout=60_000)
    expect(kept).to_contain_text("点击录制")
    expect(page.locator("[data-element-id=ut_prepare].df-visited")).to_have_count(1)
    expect(page.locator("[data-drawing] .df-unvisited")).to_have_count(0)
