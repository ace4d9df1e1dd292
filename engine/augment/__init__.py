"""Random changes of images that keep a small training set from being learnt by heart."""
