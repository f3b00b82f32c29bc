"""Pictures in, results out."""

import streamlit as st

from skinvision.ui import frame, inputs, session

frame.require()
st.title("See what a skin-lesion network looks at", anchor=False)
st.markdown(
    "Drop in pictures of skin lesions, take one with the camera, or try a synthetic lesion.  \n"
    "Beside each you get its outline, a heatmap of the evidence, and a calibrated probability for every diagnosis."
)
inputs.show()
if session.uploads():
    from skinvision.ui import gallery  # with it come OpenCV and plotly, which an empty page does not need

    with frame.telling("The models cannot be loaded"):
        gallery.show()
