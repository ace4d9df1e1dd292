"""Image augmentation that keeps a discriminator from memorising a small training set."""
