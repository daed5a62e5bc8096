"""Opens the page: `python app.py`. `python app.py --help` lists the variables of the environment that choose how."""

import os
import sys

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # nothing is asked of another machine
# One visitor's model runs at a time, and it is small: more threads only get in the way of those that serve the page.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> int:
    """Serves the page; models are loaded as soon as it is up."""
    from rnnformer_demo.cli import main

    return main(["serve", *sys.argv[1:]])


def __getattr__(name: str):
    """`demo`, for tools that import it, such as `gradio app.py`; built only when it is asked for."""
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rnnformer_demo.ui import build_page

    return build_page()


if __name__ == "__main__":
    sys.exit(main())
