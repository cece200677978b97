"""The documentation site: the pages of the repository, and a reference made from the code. ``make site`` builds it.

Everything is plain Markdown before Sphinx sees it, so that the pages read well on GitHub, and so that ``llms-full.txt``
and the Markdown beside each HTML page need no second build.
"""
