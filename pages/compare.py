"""One picture, several networks."""

import streamlit as st

from skinvision.errors import SkinvisionError
from skinvision.ui import frame, inputs, session

frame.require()
st.title("Compare what networks say of one picture", anchor=False)
st.markdown(
    "Bring a picture, or take one that you brought to the Analyse page, and choose two to four networks.  \n"
    "You see what each holds likely, where its evidence lies, and whether the outlines agree."
)
inputs.show()
if session.uploads():
    from skinvision.ui import comparing  # with it come OpenCV and plotly, which an empty page does not need

    try:
        comparing.show()
    except SkinvisionError as error:
        st.error(f"The models cannot be loaded: {session.literal(str(error))}.", icon=":material/error:")
