"""What the house learns from: like cases, scores by approved models, matches, portraits, leads and verdicts."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api
from engine.errors import Forbidden, InvalidInput
from engine.execution import Runtime
from engine.identity import Actor
from engine.store.dates import schedule
from handlers import case_library, default_risk, matching, persona, prospecting
from handlers.matching import Investor
from handlers.rates import into_yuan
from handlers.records import cases, credit, inquiries, kyc, models, parties, projects
from handlers.records.changes import Stamp
from handlers.records.tables import investor_profile, model_score
from tests import databases
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry
from tests.paths import ROOT


@pytest.fixture
def database_url(request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> str:
    """SQLite; PostgreSQL for the one test whose SQL could differ."""
    if request.node.get_closest_marker("postgres"):
        ready = request.getfixturevalue("postgres_with_records")
        return databases.create(request.getfixturevalue("postgres_server"), ready)
    shutil.copyfile(migrated_file, tmp_path / "house.db")
    return f"sqlite:///{tmp_path / 'house.db'}"


BY = Stamp(NOW, "jin", "test")
SECOND = Stamp(NOW, "tang", "test")
CARDS = Path(str(files("handlers.scorecards"))) / "demonstration"


def case(key: str, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": f"项目 {key}",
        "client_name": f"客户 {key}",
        "sector": "renewable_power",
        "country": "CN",
        "currency": "CNY",
        "amount": Decimal(800_000_000),
        "tenor_months": 180,
        "equity_pct": Decimal(25),
        "offtake_type": "ppa_longterm",
        "outcome": "repaid",
        "closed_on": date(2025, 6, 30),
        "confidential": False,
        "structure": {"facilities": [{"name": f"{key} 贷款", "type": "term", "months": 180}]},
    }
    return values | changes


LIBRARY = {
    "PJ-2020-0001": case("一", amount=Decimal(860_000_000)),
    "PJ-2020-0002": case("二", sector="transport", offtake_type="availability"),
    "PJ-2020-0003": case("三", confidential=True, lessons="送出线路延误", closed_on=date(2025, 7, 1)),
    "PJ-2020-0004": case("四", amount=Decimal(60_000_000), tenor_months=60, outcome="defaulted"),
    "PJ-2020-0005": case("五", sector=None, amount=None),
    "PJ-2020-0006": case("六", sector="mining", country="ID", currency="USD", offtake_type="market"),
}


@pytest.fixture
def library(desk: Desk) -> Iterator[Desk]:
    with desk.runtime.transaction() as session:
        for key, values in LIBRARY.items():
            cases.archive(session, key, values, BY)
    yield desk


ASKED = {"sector": "renewable_power", "amount": Decimal(860_000_000), "currency": "CNY", "tenor_months": 180,
         "equity_pct": Decimal(25), "offtake_type": "ppa_longterm", "country": "CN"}  # fmt: skip


def test_the_five_most_like_cases_are_the_same_every_time_with_reasons(library: Desk) -> None:
    found = library.run("plan.find_similar_cases", {"project": ASKED})
    assert found == library.run("plan.find_similar_cases", {"project": ASKED})
    assert (len(found["cases"]), found["library"]) == (5, 6)
    first, second, *_ = found["cases"]
    assert (first["key"], first["distance"]) == ("PJ-2020-0001", Decimal("0.0000"))
    alike = next(one for one in first["reasons"] if one["text"].startswith("行业相近"))
    assert alike["kind"] == "for" and alike["text"].count("新能源发电") == 2 and "renewable_power" not in str(alike)
    last = found["cases"][-1]
    assert {one["kind"] for one in last["reasons"]} == {"for", "against"}
    distances = [one["distance"] for one in found["cases"]]
    assert distances == sorted(distances) and second["distance"] < Decimal("0.05")


def test_a_confidential_case_is_told_without_any_name(library: Desk) -> None:
    found = library.run("plan.find_similar_cases", {"project": ASKED})
    [hidden] = [one for one in found["cases"] if one["confidential"]]
    assert (hidden["key"], hidden["client_name"], hidden["name"], hidden["lessons"]) == (None, None, "保密案例", None)
    assert hidden["structure"] == {"facilities": [{"type": "term", "months": 180}]}
    assert "三" not in str(hidden)
    with library.runtime.transaction() as session:
        secret = cases.find(session, "PJ-2020-0003")
    assert secret is not None
    seen = {team: case_library.may_see_names(Actor("x", teams=(team,))) for team in ("analyst", "rm", "marketing")}
    assert seen == {"analyst": True, "rm": False, "marketing": False}
    assert case_library.shown(secret, open_names=True)["lessons"] == "送出线路延误"


def test_only_cases_released_by_their_client_are_a_track_record(library: Desk) -> None:
    with library.runtime.transaction() as session:
        cases.archive(session, "PJ-2020-0001", {"release_consent": True}, BY)
        assert [one.business_key for one in cases.library(session, released=True)] == ["PJ-2020-0001"]
        with pytest.raises(InvalidInput, match="confidential"):
            cases.archive(session, "PJ-2020-0003", {"release_consent": True}, BY)


def registered(desk: Desk) -> Any:
    return desk.run("intake.register", inquiry())


def test_a_closed_project_is_archived_once_with_its_client(desk: Desk) -> None:
    registered(desk)
    given = {"outcome": "repaid", "lessons": "按期还清", "release_consent": "yes", "structure": {"facilities": []}}
    first = desk.run("case.archive", given)
    again = desk.run("case.archive", given | {"lessons": "提前一年还清", "outcome": "prepaid"})
    assert first["case_id"] == again["case_id"]
    with desk.runtime.transaction() as session:
        kept = cases.find(session, "PJ-2026-0001")
    assert kept is not None
    assert (kept.outcome, kept.lessons, kept.client_name) == ("prepaid", "提前一年还清", "华丰风电(上海)有限公司")
    assert (kept.sector, kept.release_consent, kept.confidential) == ("renewable_power", True, False)
    with pytest.raises(InvalidInput, match="outcome"):
        desk.run("case.archive", given | {"outcome": "fine"})


def test_an_archived_plan_is_the_draft_of_the_next_one(desk: Desk) -> None:
    """Facilities of 700 and 300 drafted for 860,000,000: 602,000,000 and 258,000,000."""
    registered(desk)
    terms = {
        "facilities": [
            {"name": "定期贷款", "type": "term", "amount": Decimal(700), "months": 180, "profile": "sculpted"},
            {"name": "增值税贷款", "type": "vat", "amount": Decimal(300), "months": 24, "profile": "bullet"},
        ],
        "covenants": [{"code": "DSCR", "metric": "dscr", "default_level": Decimal("1.05")}],
        "collateral": [{"type": "equipment", "description": "某某公司的风机", "owner": "某某公司", "rank": 1}],
    }
    plan = {"debt": Decimal(1000), "currency": "CNY", "terms": terms, "metrics": {"min_dscr": "1.31"}, "schedules": {}}
    with desk.runtime.transaction() as session:
        project = projects.get(session, "PJ-2026-0001")
        credit.add_plan(session, project.id, plan, BY)
    made = desk.run("case.archive", {"outcome": "repaid"})
    with desk.runtime.transaction() as session:
        kept = cases.get(session, int(made["case_id"]))
    assert (kept.profile, kept.min_dscr, kept.confidential) == ("sculpted", Decimal("1.31"), True)
    draft = desk.run("plan.draft_from_case", made)
    assert [one["amount"] for one in draft["facilities"]] == [Decimal("602000000.00"), Decimal("258000000.00")]
    assert draft["collateral"] == [{"type": "equipment", "rank": 1, "haircut_pct": None}]
    assert draft["covenants"] == terms["covenants"] and draft["case_name"] == "保密案例"
    assert "某某公司" not in str(draft) and "定期贷款" not in str(draft)


# ── scores ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_an_approved_model_there_is_no_score_and_a_second_person_approves(desk: Desk) -> None:
    told = {"features": {"cover": "1.4"}, "purpose": "ability"}
    assert desk.refused("risk.score_pd", told).code == "MODEL_NOT_APPROVED"
    with desk.runtime.transaction() as session:
        model = models.register(session, (CARDS / "ability.json").read_bytes(), BY)
        assert model.state == "draft"
        with pytest.raises(Forbidden):
            models.approve(session, "ability", model.version, BY)
    assert desk.refused("risk.score_pd", told).code == "MODEL_NOT_APPROVED"
    with desk.runtime.transaction() as session:
        models.approve(session, "ability", model.version, SECOND)
    assert desk.run("risk.score_pd", told)["ability"]["version"] == "demonstration-1"
    assert desk.refused("risk.score_pd", told | {"model_version": "2"}).code == "MODEL_NOT_APPROVED"
    assert desk.refused("risk.score_pd", {"purpose": "ability"}).code == "DATA_MISSING"


def test_a_changed_card_needs_a_version_of_its_own_and_retires_the_one_before(desk: Desk) -> None:
    raw = (CARDS / "ability.json").read_bytes()
    changed = raw.replace(b'"base_points": "514', b'"base_points": "515')
    assert changed != raw
    with desk.runtime.transaction() as session:
        models.register(session, raw, BY)
        models.approve(session, "ability", "demonstration-1", SECOND)
        with pytest.raises(InvalidInput, match="is taken"):
            models.register(session, changed, BY)
        models.register(session, changed.replace(b'"demonstration-1"', b'"demonstration-2"'), BY)
        models.approve(session, "ability", "demonstration-2", SECOND)
        states = {one.version: one.state for one in models.listed(session, "ability")}
    assert states == {"demonstration-2": "approved", "demonstration-1": "retired"}


def test_the_score_takes_what_the_book_knows_and_the_same_input_gives_the_same_score(desk: Desk) -> None:
    party_id = registered(desk)["party_id"]
    with desk.runtime.transaction() as session:
        default_risk.try_out(session, NOW, "jin", "tang")
        parties.change(session, int(party_id), {"founded": date(2010, 1, 1)}, BY)
        kyc.add_credit_record(session, int(party_id), "A-1", {"overdue": [{"days": 40}]}, BY)
    told = {"party_id": party_id, "project_key": "PJ-2026-0001", "dscr": Decimal("1.35")}
    first, again = (desk.run("risk.score_pd", told) for _ in range(2))
    assert first == again
    values = {one["feature"]: one["value"] for one in first["willingness"]["contributions"]}
    assert values == {"past_trouble": "yes", "years": Decimal(16), "own_share": Decimal(25)}
    assert first["willingness"]["reasons"][0]["feature"] == "past_trouble"
    assert (first["pd"], first["pd_highest"]) == (None, None), "nobody knows this house's level yet"
    with desk.runtime.transaction() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(model_score)).scalar() == 4
        [model] = models.listed(session, "ability")
        assert default_risk.drift(session, model).level == "moved"


def test_a_probability_is_stated_at_the_level_of_the_house_and_only_of_what_is_known(desk: Desk) -> None:
    """At 28 % of bad cases in its sample the card said 70 % of every case whose cover nobody knew."""
    registered(desk)
    with desk.runtime.transaction() as session:
        default_risk.try_out(session, NOW, "jin", "tang")
        project = projects.get(session, "PJ-2026-0001").id
        for number in range(40):
            ended = {"outcome": "defaulted" if number == 0 else "repaid", "project_id": project}
            cases.archive(session, f"PJ-2019-{number:04}", case(f"{number}", **ended), BY)
    known = {"cover": "1.35", "net_assets": "0.4", "leverage": "0.7"}
    full, part = (
        desk.run("risk.score_pd", {"features": one, "purpose": "ability"}) for one in (known, known | {"cover": None})
    )
    with desk.runtime.transaction() as session:
        own = session.execute(sa.select(model_score.c.pd).order_by(model_score.c.id)).scalars().first()
    ours, theirs = Decimal("1.5") / 41, Decimal(1254) / 4454
    odds = own / (1 - own) * (ours / (1 - ours)) / (theirs / (1 - theirs))
    assert abs(full["pd"] - odds / (1 + odds)) < Decimal("0.000001") and full["pd"] < Decimal("0.15") < own
    assert "40 笔" in full["told"] and "4,454" in full["told"] and "40 cases" in full["told_en"]
    assert part["pd"] is None and "偿债覆盖倍数" in part["told"] and "%" not in part["told"]


# ── investors, portraits ───────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_above_the_stated_risk_class_is_offered_and_every_match_has_reasons(desk: Desk) -> None:
    investor = int(desk.run("intake.register", inquiry(client_name="明远基金", client_role="investor", reg_no=None,
                                                       phone=None, email=None, project_name=None),
                            business_key="CL-2026-0900")["party_id"])  # fmt: skip
    keys = []
    with desk.runtime.transaction() as session:
        for number, sector in enumerate(("renewable_power", "transport", "mining", "transport"), start=1):
            values = {"name": f"P{number}", "sector": sector, "amount": Decimal(500_000_000), "tenor_months": 120}
            made = projects.create(session, values, BY, 2026)
            projects.enter(session, made.id, "evaluation", BY)
            keys.append(made.business_key)
    ratings = dict(zip(keys, ("Strong", "Weak", "Good", "Unrated"), strict=True))
    assert desk.run("match.investor_project", {"party_id": investor, "ratings": ratings})["suitable"] is False
    with desk.runtime.transaction() as session:
        session.execute(investor_profile.insert().values(
            id=1, party_id=investor, risk_class="R3", ticket_min=Decimal(1_000_000), horizon_months=144,
            sector_limits="mining", result="suitable", at=NOW, by="wu"))  # fmt: skip
    found = desk.run("match.investor_project", {"party_id": investor, "ratings": ratings})
    assert [one["project_key"] for one in found["shortlist"]] == [keys[0]]
    assert all(len(one["reasons"]) == len(one["reasons_en"]) >= 3 for one in found["shortlist"])
    why = {one["project_key"]: one["reasons_en"][0] for one in found["left_out"]}
    assert "riskier" in why[keys[1]] and "excludes" in why[keys[2]] and "no rating" in why[keys[3]]


def test_a_ticket_in_yuan_is_held_against_the_projects_amount_in_yuan(desk: Desk) -> None:
    registered(desk)
    table = ROOT / "bpmn/client_intake/intake_rules.dmn"
    investor = Investor("R3", Decimal(6_000_000), None, None, frozenset())
    with desk.runtime.transaction() as session:
        assert into_yuan(session, "USD") is None
        api.deploy(session, api.SYSTEM, "rates", {table.name: table.read_bytes()})
        project = replace(projects.get(session, "PJ-2026-0001"), amount=Decimal(1_000_000))
        told = {
            currency: matching.judge(
                investor, replace(project, currency=currency), "Strong", into_yuan(session, currency)
            ).blocked
            for currency in ("USD", "CNY", "GBP")
        }
    assert told["USD"] == ()
    assert told["CNY"][0][1] == "below the smallest ticket: CNY 1,000,000.00 < 6,000,000"
    assert told["GBP"][0][0] == "没有汇率，无法与最低投资额比较：GBP/CNY"


def test_no_class_is_ever_offered_above_the_investors_own(desk: Desk) -> None:
    registered(desk)
    with desk.runtime.transaction() as session:
        project = projects.get(session, "PJ-2026-0001")
    for investor_class in matching.CLASSES:
        investor = Investor(investor_class, None, None, None, frozenset())
        for category, risk in [*matching.RISK_OF_CATEGORY.items(), ("Default", "R9"), (None, "R9")]:
            offered = not matching.judge(investor, project, category, None).blocked
            assert offered == (risk <= investor_class)


def test_every_tag_of_a_portrait_shows_its_rule(desk: Desk) -> None:
    party_id = registered(desk)["party_id"]
    found = desk.run("crm.persona", {"party_id": party_id})["tags"]
    told = {one["code"]: one for one in found}
    assert (
        told["focus"]["tag"] == "主营行业：新能源发电（风、光、生物质）"
        and told["focus"]["rule_en"] == "1 of 1 projects in the sector"
    )
    assert told["size_middle"]["rule"] == "融资额中位数 860,000,000 元"
    assert told["role_borrower"]["sample"] == 1
    assert all(one["rule"] and one["rule_en"] and one["sample"] > 0 for one in found)
    desk.later(days=200)
    with desk.runtime.transaction() as session:
        parties.change(session, int(party_id), {"tier": "A", "score": 80}, BY)
    assert {"tier", "quiet"} <= {one["code"] for one in desk.run("crm.persona", {"party_id": party_id})["tags"]}
    assert persona.tags


# ── leads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def closed(desk: Desk, number: int) -> None:
    """Closed inquiries: renewable power mostly won, mining mostly lost."""
    with desk.runtime.transaction() as session:
        for at in range(number):
            good = at % 2 == 0
            odd = at % 10 >= 8
            year, key = 2025, f"PJ-2025-{at + 1:04d}"
            values = {"kind": "company", "legal_name": f"往年客户 {at}", "lifecycle_stage": "client"}
            party = parties.create(session, values, BY, year)
            sector = "renewable_power" if good != odd else "mining"
            project = projects.create(
                session, {"name": key, "sector": sector, "amount": Decimal(at + 1)}, BY, year, key
            )
            told = {"business_key": key, "party_id": party.id, "project_id": project.id, "client_role": "borrower",
                    "campaign": None, "content": {}}  # fmt: skip
            inquiries.create(session, told, BY)
            inquiries.close(session, key, "approved" if good else "declined", BY)


def lead(desk: Desk, name: str, sector: str) -> str:
    with desk.runtime.transaction() as session:
        party = parties.create(session, {"kind": "company", "legal_name": name, "phone": "13800000001"}, BY, 2026)
        project = projects.create(session, {"name": name, "sector": sector}, BY, 2026)
        told = {"business_key": project.business_key, "party_id": party.id, "project_id": project.id,
                "client_role": "borrower", "campaign": None, "content": {"amount": Decimal(5)}}  # fmt: skip
        inquiries.create(session, told, BY)
        inquiries.close(session, project.business_key, "not_pursued", BY)
    return party.business_key


def test_under_fifty_closed_cases_nothing_is_concluded(desk: Desk) -> None:
    closed(desk, 49)
    error = desk.refused("mine.features", {})
    assert (error.code, dict(error.variables)) == ("SAMPLE_TOO_SMALL", {"sample": 49, "needed": 50})
    assert desk.refused("lead.rank", {"features": [], "sample": 49}).code == "SAMPLE_TOO_SMALL"


@pytest.mark.postgres
def test_leads_are_ranked_on_postgresql_as_well(desk: Desk) -> None:
    rank_and_judge(desk)


def test_leads_are_ranked_by_what_past_cases_tell_and_verdicts_come_back(desk: Desk) -> None:
    rank_and_judge(desk)


def rank_and_judge(desk: Desk) -> None:
    closed(desk, 60)
    good, bad = lead(desk, "晴川光伏", "renewable_power"), lead(desk, "黑石矿业", "mining")
    mined = desk.run("mine.features", {})
    assert (mined["sample"], mined["features"][0]["feature"]) == (62, "sector")
    found = desk.run("lead.rank", {"features": mined["features"], "sample": mined["sample"]})
    assert [row["client_key"] for row in found["ranked"]] == [good, bad]
    for row in found["ranked"]:
        assert sum(one["points"] for one in row["reasons"]) == row["points"]
    halved = desk.run("lead.rank", mined | {"weights": [{"feature": "sector", "weight": Decimal(0)}]})
    assert halved["ranked"][0]["points"] != found["ranked"][0]["points"]
    ranked = found["ranked"]
    verdicts = [{"client_key": good, "decision": "accept"}, {"client_key": bad, "decision": "reject"}]
    with pytest.raises(InvalidInput, match="is missing for"):
        desk.run("lead.hand_over", {"ranked": ranked, "verdicts": verdicts}, business_key="HP-2026-0001")
    verdicts[1]["reason"] = "无抵押物"
    given = {"ranked": ranked, "verdicts": verdicts, "by": "ma"}
    done = desk.run("lead.hand_over", given, business_key="HP-2026-0001", job_key="one")
    assert done == desk.run("lead.hand_over", given, business_key="HP-2026-0001", job_key="one")
    assert (done["rejected"], done["precision"]) == (1, Decimal("50.00"))
    with desk.runtime.transaction() as session:
        [sent] = session.execute(sa.select(schedule)).mappings().all()
    assert (sent["message"], sent["business_key"]) == ("high_potential_lead", done["accepted"][0]["business_key"])
    assert (sent["variables"]["client_name"], sent["variables"]["campaign"]) == ("晴川光伏", "HP-2026-0001")
    again = desk.run("lead.rank", mined)
    assert [row["client_key"] for row in again["ranked"]] == [good]
    desk.now += timedelta(days=prospecting.RESTS_DAYS + 1)
    assert desk.run("lead.rank", mined)["considered"] == 2


def test_the_demonstrations_models_are_approved_once(book: Runtime) -> None:
    with book.transaction() as session:
        assert default_risk.try_out(session, NOW, "jin", "tang") == 2
        assert default_risk.try_out(session, NOW, "jin", "tang") == 0


# ── outside sources ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sources(desk: Desk) -> Callable[..., None]:
    """Write the provider's files of this installation."""
    folder = desk.runtime.settings.data_dir / "providers"
    folder.mkdir()

    def write(**content: Any) -> None:
        for name, value in content.items():
            (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    return write


def test_a_report_older_than_ninety_days_is_pulled_anew(desk: Desk, sources: Callable[..., None]) -> None:
    report = {"overdue": [], "guarantees": [], "defaults": [], "litigation": []}
    sources(bureau={"status": "up", "provider": "test bureau", "reports": {"91310000607337822J": report}})
    client = {"party_id": desk.run("intake.register", inquiry())["party_id"]}
    asked = client | {"authorisation_id": "A-1"}
    assert desk.run("risk.bureau_state", client)["bureau_state"] == "none"
    first = desk.run("risk.pull_bureau", asked)
    desk.later(days=89)
    assert desk.run("risk.bureau_state", client)["bureau_state"] == "fresh"
    again = desk.run("risk.pull_bureau", asked)
    assert (again["credit_record_id"], again["refreshed"], again["age_days"]) == (first["credit_record_id"], False, 89)
    desk.later(days=1)
    assert desk.run("risk.bureau_state", client)["bureau_state"] == "stale"
    renewed = desk.run("risk.pull_bureau", asked)
    assert renewed["refreshed"] and renewed["credit_record_id"] != first["credit_record_id"]
    sources(bureau={"status": "down"})
    assert desk.refused("risk.pull_bureau", asked | {"max_age_days": 0}).code == "PROVIDER_DOWN"


def test_the_national_registers_own_words_are_understood(desk: Desk, sources: Callable[..., None]) -> None:
    shown = {"企业名称": "华丰风电(上海)有限公司", "法定代表人": "钱进", "登记状态": "存续（在营、开业、在册）"}
    gone = {"企业名称": "旧公司", "法定代表人": "甲", "登记状态": "吊销，未注销"}
    companies = {"91310000607337822J": shown, "91320600MA1XK3P05X": gone}
    sources(registry={"status": "up", "provider": "test registry", "companies": companies})
    asked = {"reg_no": "91310000607337822J", "name": "华丰风电(上海)有限公司", "legal_rep": "钱进"}
    assert desk.run("ext.company_registry", asked)["differences"] == []
    told = desk.run("ext.company_registry", {"reg_no": "91320600MA1XK3P05X"})["differences"]
    assert told == [{"field": "state", "given": "active", "registered": "吊销,未注销"}]
