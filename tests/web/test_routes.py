"""Addresses are written as before, though what writes them is compiled late."""

from flask import Flask

from web.routes import Route


class Quick(Flask):
    url_rule_class = Route


def test_an_address_is_written_with_its_parts_its_defaults_and_what_is_left_over() -> None:
    app = Quick("web")
    app.add_url_rule("/list/", "rows", lambda page: "", defaults={"page": 1})
    app.add_url_rule("/list/<int:page>/<path:rule>", "cell", lambda page, rule: "")
    with app.test_request_context():
        for _turn in range(2):
            assert app.url_for("rows", page=1, q="风电") == "/list/?q=%E9%A3%8E%E7%94%B5"
            assert app.url_for("cell", page=3, rule="a/b c", append="x") == "/list/3/a/b%20c?append=x"
    assert app.test_client().get("/list/4/x").status_code == 200
