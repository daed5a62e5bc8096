"""The shape of EfficientNet-Lite0 in numbers, without torch: what a graph of it is written from."""

LITE0 = "efficientnet_lite0"
# (blocks, kernel, stride of the first, expansion, channels out)
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, BACKBONE_CHANNELS, HEAD_CHANNELS = 32, 320, 1280
STRIDE = 32  # pixels of the input per cell of the backbone's grid
FINE_BLOCKS = 1 + sum(blocks for blocks, *_ in STAGES[:5])  # stem included: those that lead to cells of 16 pixels
FINE_CHANNELS = STAGES[4][-1]
MEAN, STD = 0.498, 0.502  # (x - 127) / 128 on pixels 0-255, as the weights were trained
