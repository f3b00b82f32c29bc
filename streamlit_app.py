"""The front door: page frame, navigation, and the warm-up.

Until this file has run once, Streamlit takes the folder ``pages`` for its own navigation and runs the page that is
opened first by itself; each page therefore begins with ``frame.require``.
"""

import streamlit as st

from skinvision.ui import frame, models

st.set_page_config(
    page_title="skinvision",
    page_icon=frame.ICON,
    layout="wide",
    menu_items={"about": "skinvision: teaching only, not a medical device."},
)
page = st.navigation(
    [
        st.Page("pages/analyse.py", title="Analyse", icon=":material/center_focus_strong:", default=True),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare:"),
        st.Page("pages/explain.py", title="Explain", icon=":material/biotech:"),
        st.Page("pages/believe.py", title="Believe it?", icon=":material/gavel:"),
        st.Page("pages/shortcuts.py", title="Shortcuts", icon=":material/alt_route:"),
        st.Page("pages/evidence.py", title="Evidence", icon=":material/query_stats:"),
        st.Page("pages/about.py", title="About", icon=":material/info:"),
    ],
    position="top",
)
frame.style()
content = st.container()
frame.footer()
with content, frame.around():
    page.run()
models.warm_up()
