"""Cases are drawn alike for a seed, renamed whole, made small, and pasted as tests."""

from __future__ import annotations

from examples.shop import views
from onto import app, boiler
from onto.verify import cases, pasted, shrink

SHOP = app.load("examples.shop")


def test_a_seed_draws_the_same_cases_and_another_seed_others() -> None:
    assert cases.draw(SHOP, 7, 20) == cases.draw(SHOP, 7, 20) != cases.draw(SHOP, 8, 20)


def test_every_case_can_be_stored() -> None:
    for number, case in enumerate(cases.draw(SHOP, 3, 30)):
        engine = boiler.Engine(SHOP.views)
        for wave in cases.placed(case, f"c{number}-").waves:
            engine.apply(*cases.changes(wave))


def test_cases_delete_and_create_again() -> None:
    steps = [step for case in cases.draw(SHOP, 5, 50) for wave in case.waves for step in wave]
    assert {document is None for _, _, document in steps} == {True, False}


def test_a_prefix_stands_before_ids_wherever_they_are() -> None:
    case = cases.Case(((("orders", "k1", {"shop": "k2", "tags": ["k1", "x"], "of": {"k1": 1}}),),))
    assert cases.placed(case, "c7-").waves == (
        (("orders", "c7-k1", {"shop": "c7-k2", "tags": ["c7-k1", "x"], "of": {"c7-k1": 1}}),),
    )


def test_shrinking_leaves_what_the_difference_needs() -> None:
    case = cases.Case(
        (
            (("shops", "k1", {"name": "Zoë", "city": "x"}), ("orders", "k2", {"quantity": 41, "shop": "k1"})),
            (("shops", "k3", None),),
            (("orders", "k2", None), ("orders", "k4", {"quantity": 2})),
        )
    )

    def shows(one: cases.Case) -> bool:
        steps = [step for wave in one.waves for step in wave]
        return (
            any(step[0] == "shops" and (step[2] or {}).get("name") for step in steps)
            and ("orders", "k2", None) in steps
        )

    small = shrink.shrink(case, lambda tried: [shows(one) for one in tried], width=4, rounds=500, tell=lambda _: None)
    assert small == cases.Case(((("shops", "k1", {"name": "a"}), ("orders", "k2", None)),))


def test_a_finding_is_pasted_as_a_test_that_calls_the_assertion_with_its_waves() -> None:
    case = cases.Case(((("orders", "k1", {"doc_id": "k1", "shop": "😀"}),), (("orders", "k1", None),)))
    text = pasted.text(views.ShopDashboard, "revenue", case, "examples.shop")
    called: list[object] = []
    names: dict[str, object] = {}
    exec(text, names)
    names["test_shop_dashboard_revenue"](lambda *args, **kwargs: called.append((args, kwargs)))  # type: ignore[operator]
    assert called == [
        ((views.ShopDashboard, [("orders", "k1", {"shop": "😀"})], [("orders", "k1", None)]), {"app": "examples.shop"})
    ]
