"""Does a heatmap tell the truth about the network?"""

import streamlit as st

from skinvision.ui import controls, frame, inputs, session

_OF_PICTURE, _OF_KNOWN_TRUTH = "Your picture", "Where the truth is known"

frame.require()
st.title("Believe it?", anchor=False)
st.markdown(
    "A heatmap looks convincing whether or not it is true. Here it is put to the test: on your picture, "
    "against what chance would do, and with a rule that you can read."
)
view = controls.chosen_view("believe", [_OF_PICTURE, _OF_KNOWN_TRUTH])
if view == _OF_PICTURE:
    inputs.show(folds=True)
with frame.telling(
    "This cannot be shown"
):  # with these views come OpenCV and plotly, which an empty page does not need
    if view == _OF_KNOWN_TRUTH:
        from skinvision.ui import truth_view

        truth_view.show()
    elif session.uploads():
        from skinvision.ui import bench, trial_view

        bench.show("believe", {"Tests": trial_view.show})
