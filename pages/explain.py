"""Inside one picture: where the evidence lies by many methods, at all stages, and how a heatmap is made."""

import streamlit as st

from skinvision.ui import frame, inputs, session

frame.require()
st.title("Look inside one picture", anchor=False)
st.markdown(
    "Bring a picture, or take one that you brought to another page, and see how heatmaps come about.  \n"
    "Ten methods answer the same question, each in its own way. They do not always agree."
)
inputs.show(folds=True)
if session.uploads():
    from skinvision.ui import explaining  # with it come OpenCV and plotly, which an empty page does not need

    with frame.telling("This cannot be shown"):
        explaining.show()
