"""What the results look like: overlays (RGB arrays), charts (Plotly), words, and reports (JSON, PNG)."""
