"""What a page without a server offers: each method once, either to choose or by name."""

from rnnformer_demo.interpret.attribution import METHODS
from rnnformer_demo.site.methods import split_by_place
from rnnformer_demo.ui.catalogue import catalogue


def test_a_site_offers_what_the_browser_computes_and_names_the_rest():
    methods = catalogue()["methods"]
    split = split_by_place(methods)
    assert [entry["name"] for entry in split["server_methods"]] == [
        name for name, method in METHODS.items() if not method.in_browser
    ]
    assert {entry["name"] for entry in split["server_methods"]} == {
        "pixel-integrated-gradients",
        "pixel-relevance-propagation",
    }
    assert [entry for entry in methods if entry not in split["server_methods"]] == split["methods"]
