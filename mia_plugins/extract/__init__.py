"""Features of one's own clips: frames and sound through pre-trained backbones, into files that a data set is made of."""
