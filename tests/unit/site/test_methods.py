"""What a page without a server offers: each method once, either to choose or by name."""

from rnnformer_demo.interpret.attribution import METHODS
from rnnformer_demo.site.methods import site_catalogue
from rnnformer_demo.ui.catalogue import catalogue


def test_a_site_offers_what_the_browser_computes_and_names_the_rest():
    site, methods = site_catalogue(["sentiment-en"]), catalogue()["methods"]
    assert [model["name"] for model in site["models"]] == ["sentiment-en"]
    assert [entry["name"] for entry in site["server_methods"]] == [
        name for name, method in METHODS.items() if not method.in_browser
    ]
    assert {entry["name"] for entry in site["server_methods"]} == {
        "averaged-greedy-occlusion",
        "pixel-integrated-gradients",
        "pixel-relevance-propagation",
    }
    assert [entry for entry in methods if entry not in site["server_methods"]] == site["methods"]
