"""Every regularization technique and autoencoder of the textbooks, as Keras objects."""
