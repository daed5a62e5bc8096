"""The colours of evidence, the same in figures and in text: apart for colour-blind eyes too."""

FOR, AGAINST = (33, 102, 172), (224, 120, 30)  # blue and orange, red green blue in 0-255
