"""Stage `download`: sources of images, one module per layout or publisher."""
