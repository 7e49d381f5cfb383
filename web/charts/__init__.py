"""Where the marks of a chart go: pure geometry, drawn by the macros of `templates/charts`.

Positions across are percentages of the drawing's width and sizes are pixels, so that one drawing
serves every screen and its text keeps its size. `mirrored` turns a chart for right-to-left pages.
"""
