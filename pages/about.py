"""What the app is for, how to read it, and where everything in it comes from."""

import streamlit as st

import skinvision
from skinvision.catalogue import DEFAULTS
from skinvision.ui import frame, models
from skinvision.ui.session import literal

_READABLE_PX = 960
_PURPOSE = """
skinvision is made for **teaching**: it shows what a neural network makes of a picture of a skin lesion, and asks
whether to believe it. It is **not a medical device**. It has not been tested on patients, and nothing it says is a
diagnosis or advice. Whoever is worried about a change of their skin should show it to a doctor.

Pictures are kept in memory alone, written to no disk and sent to no other machine. "Clear everything" forgets them at
once; what a closed page held is forgotten two minutes later.
"""
_READING = """
The heatmap is made by Grad-CAM (Selvaraju et al. 2017). It shows **where in the picture the evidence for one class
lies**: the brighter a place, the more it raised the score of that class. It does not show where the disease is.
"""
_RULES = """
- **Read the numbers before the colours.** The colour bar is labelled in logits, the scores before they become
  probabilities. All classes of a picture share one scale, so a pale map is weak evidence. Two pictures have two scales.
- **The map adds up.** At the last stage, all cells together, those below zero too, sum to the logit of the class less
  one constant. The heatmap shows only what is above zero: what spoke *against* the class is not seen.
- **It is coarse.** The last stage has some fifty cells; the smooth hills between them are only drawn. Early stages
  are finer, but what they see is edges and colours, far from a diagnosis.
- **Compare with chance.** If a lesion fills 20 % of what the network sees, evidence spread at random has 20 % inside
  it. The figure below each result says how many times more than that there is.
- **A good map is no proof.** It says where, not why, and a network can be wrong for reasons within the lesion. A bad
  map, though, is a good reason for doubt.
"""
_LIMITS = """
- **Skin tones.** Nearly all dermoscopic training pictures show light skin; which skin the clinical photographs show is
  not recorded. On dark skin the networks are untested and likely worse.
- **Centres.** The pictures come from few clinics and few cameras. Another dermatoscope, another light or a phone can
  change the answer. A picture that is too strange is flagged, but not every strange picture is noticed.
- **Diseases.** The networks know the classes that they were shown and nothing else. A disease that is not among them
  gets the name of one that is. There is no class for healthy skin.
- **Shortcuts.** Rulers, ink, hair and dark corners are not evenly spread over the classes, and networks use that.
"""


def _lesson() -> None:
    from skinvision.ui.lesson import examples  # with it comes OpenCV

    for column, example in zip(st.columns(3), examples(), strict=True):
        with column:
            st.markdown(f"**{example.title}**")
            st.image(example.picture, alt=f"Synthetic lesion with a heatmap drawn by hand. {example.lesson}")
            st.markdown(example.lesson)
    st.caption("A synthetic lesion, and three heatmaps drawn by hand: no network made them.")


def _sources() -> None:
    cards = [models.card(name) for task in reversed(DEFAULTS) for name in models.names(task)]
    st.header("Pictures that the models learnt from", anchor=False)
    for dataset in {dataset.name: dataset for card in cards for dataset in card.data}.values():
        st.markdown(
            f"**{literal(dataset.name)}.** {literal(dataset.attribution)}  \nLicence: {literal(dataset.licence)}"
        )
    st.header("Models", anchor=False)
    for card in cards:
        st.markdown(
            f"**{literal(card.title)}** ({card.task}), weights under {literal(card.weights_licence)}, "
            f"made by skinvision {literal(card.code_version)}."
        )
    with st.expander("SHA-256 of the weights"):
        for card in cards:
            st.markdown(f"**{literal(card.title)}** ({card.task})")
            st.code(card.sha256, language=None, wrap_lines=True)


def _page() -> None:
    st.title("About", anchor=False)
    st.markdown(_PURPOSE)
    st.header("How to read a heatmap", anchor=False)
    st.markdown(_READING)
    _lesson()
    st.markdown(_RULES)
    st.header("What to keep in mind", anchor=False)
    st.markdown(_LIMITS)
    with frame.telling("The cards cannot be read"):
        _sources()
    st.header("This program", anchor=False)
    st.markdown(
        f"skinvision {skinvision.__version__}, under the Apache License 2.0. It stands on PyTorch, torchvision, "
        "segmentation-models-pytorch, grad-cam, captum, scikit-image, Streamlit, Plotly, OpenCV, Pillow and NumPy."
    )
    with frame.telling("The models cannot be loaded"):
        _engines()  # last: it waits for the networks


def _engines() -> None:
    names = [models.names(task)[0] for task in DEFAULTS]
    lines = (f"{literal(models.title(name))} is run by {literal(models.engine(name))}." for name in names)
    st.markdown("  \n".join(lines))


frame.require()
with st.container(width=_READABLE_PX):
    _page()
