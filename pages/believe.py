"""Does a heatmap tell the truth about the network?"""

import streamlit as st

from skinvision.errors import SkinvisionError
from skinvision.ui import frame, inputs, session

frame.require()
st.title("Believe it?", anchor=False)
st.markdown(
    "A heatmap looks convincing whether or not it is true. Here it is put to the test: on your picture, "
    "against what chance would do, and with a rule that you can read."
)
inputs.show()
if session.uploads():
    from skinvision.ui import believing  # with it come OpenCV and plotly, which an empty page does not need

    try:
        believing.show()
    except SkinvisionError as error:
        st.error(f"This cannot be shown: {session.literal(str(error))}.", icon=":material/error:")
