"""What does a network really use? The picture taken apart, and with things in it that should not matter."""

import streamlit as st

from skinvision.ui import frame, inputs, session

frame.require()
st.title("What does it really use?", anchor=False)
st.markdown(
    "A diagnosis is in the lesion. Move it, or add what should not matter: an answer that changes was "
    "not about the lesion alone.  \nTake the lesion away: an answer that stays was not about it at all."
)
inputs.show(folds=True)
if session.uploads():
    from skinvision.ui import shortcuts  # with it come OpenCV and plotly, which an empty page does not need

    with frame.telling("This cannot be shown"):
        shortcuts.show()
