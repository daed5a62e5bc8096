"""The static build: a folder that any web host serves, in which the browser itself runs the models."""
