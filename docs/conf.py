"""The documentation site: ``make docs``, then open build/docs/index.html."""

from mia_plugins import __version__

project = "mia-plugins"
author = "the mia-plugins authors"
copyright = author
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["sample_plugin*"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "sidebar_width": "240px", "fixed_sidebar": True}
html_show_copyright = False
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say what each argument is
napoleon_google_docstring = True
# links to files of the repository, such as ../README.md, are no pages of this site
suppress_warnings = ["myst.xref_missing", "ref.python", "docutils", "myst.header"]
linkcheck_ignore = [r"http://127\.0\.0\.1.*", r"http://localhost.*"]
