"""One picture, several networks."""

import streamlit as st

from skinvision.ui import frame, inputs, session

frame.require()
st.title("Compare what networks say of one picture", anchor=False)
st.markdown(
    "Bring a picture, or take one that you brought to the Analyse page, and choose two to four networks.  \n"
    "You see what each holds likely, where its evidence lies, and whether the outlines agree."
)
inputs.show(folds=True)
if session.uploads():
    from skinvision.ui import comparing  # with it come OpenCV and plotly, which an empty page does not need

    with frame.telling("The models cannot be loaded"):
        comparing.show()
