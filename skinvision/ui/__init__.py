"""What the pages share: the session, the loaded models, the widgets, and how a result is shown.

The first page must be drawn at once, so nothing that a page imports before it has something to show may import torch,
OpenCV or plotly.
"""
