"""How networks learn: losses, optimisers, augmentation, batches, and the loop over them."""
