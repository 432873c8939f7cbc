"""Knowledge from elsewhere: pages, websites and files become articles.

run (whose turn is it) ─▶ fetch ─▶ read, in a process of its own ─▶ apply (articles)
"""
