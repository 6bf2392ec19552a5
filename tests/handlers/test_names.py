"""Names, telephones and addresses that mean the same are the same."""

import pytest

from handlers.names import bracketed, email_key, name_key, phone_key, similarity


@pytest.mark.parametrize(
    "written",
    [
        "华东风电有限公司",
        "華東風電股份有限公司",
        "华东风电(上海)有限公司",
        "华东风电 (上海) 集团有限公司",
        " 华东風电有限责任公司",
    ],
)
def test_legal_form_width_script_and_place_do_not_matter(written: str) -> None:
    assert name_key(written) == "华东风电"


def test_latin_names_lose_their_legal_form_too() -> None:
    assert name_key("ＡＢＣ Wind Power Co., Ltd.") == name_key("abc wind-power limited") == "abcwindpower"


def test_a_name_of_nothing_but_a_legal_form_stays() -> None:
    assert name_key("集团公司") == "集团"
    assert name_key("公司") == "公司"


def test_the_place_in_brackets_can_be_told_apart() -> None:
    assert bracketed("华东风电(上海)有限公司") == "上海"
    assert bracketed("华东风电有限公司") == ""


def test_likeness_tells_one_slip_from_another_place() -> None:
    assert similarity(name_key("三峡新能源甘肃有限公司"), name_key("三峡新能原甘肃有限公司")) >= 85
    assert similarity(name_key("三峡新能源甘肃有限公司"), name_key("三峡新能源青海有限公司")) < 85


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("138 1234 5678", "+8613812345678"),
        ("＋８６ １３８－１２３４－５６７８", "+8613812345678"),
        ("8613812345678", "+8613812345678"),
        ("0086-13812345678", "+8613812345678"),
        ("(010) 6234 5678", "+861062345678"),
        ("0755-23456789 转 801", "+8675523456789"),
        ("+86 21 5888 1234", "+862158881234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("12345", None),
        ("23812345678", None),
        ("见附件", None),
    ],
)
def test_telephones_are_compared_as_digits_with_country(typed: str, key: str | None) -> None:
    assert phone_key(typed) == key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Wang.Min@Example.COM", "wang.min@example.com"),
        ("ｗａｎｇ＠example.com", "wang@example.com"),
        ("wang@example", None),
        ("wang..min@example.com", None),
        ("wang@@example.com", None),
        ("无", None),
    ],
)
def test_addresses_are_compared_in_lower_case(typed: str, key: str | None) -> None:
    assert email_key(typed) == key
