"""The static site: the pages as GitHub shows them, README and changes among them, and the API from its docstrings.

`make docs` builds it into build/docs. The source is the whole checkout, so that a relative link leads to the same place
on the site as on GitHub.
"""

from importlib.metadata import version as version_of

project = "fakemodel"
author = "the fakemodel authors"
version = release = version_of("fakemodel")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = ["README.md", "CHANGELOG.md", "docs/*.md"]
exclude_patterns = [".*", "benchmarks", "build", "cassettes", "dist", "examples", "fakemodel", "tests"]

myst_heading_anchors = 4  # by GitHub's slugs

toc_object_entries_show_parents = "hide"
highlight_language = "text"
smartquotes = False
default_role = "code"  # docstrings are plain text with words of code in backticks
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
nitpick_ignore_regex = [("py:class", ".*")]  # what signatures name has no page of its own

html_theme = "furo"
html_title = "fakemodel"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["site"]  # the way from the root to the first page
html_copy_source = False
html_show_sphinx = False
